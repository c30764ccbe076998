import type { JobDefinition, RegisterJobDefinitionCommandInput } from '@aws-sdk/client-batch';
import type { CallOptions } from '../backend.ts';
import { BatchClientError } from '../errors.ts';
import { checkImageTag } from '../image/image-tag.ts';
import { ownJobDefinition } from '../settings/job-definition.ts';
import { newestRevisions } from './definitions.ts';
import type { AdministratorClients } from './ports.ts';
import { isPushed } from './pushed-image.ts';

export interface PromotionRequest extends CallOptions {
  readonly clients: Pick<AdministratorClients, 'definitions' | 'ecr'>;
  /** As the environment's outputs have it. */
  readonly repositoryUrl: string;
  /** An owner's is `<jobDefinition>-<owner>`. */
  readonly jobDefinition: string;
  readonly owners: readonly string[];
  readonly tag: string;
}

export interface PromotedDefinition {
  readonly owner: string;
  /** The revision that new jobs run, or null when the owner is not deployed yet. */
  readonly revision: number | null;
  /** Whether it is a new one; false when the newest ran the image already. */
  readonly isNew: boolean;
}

/**
 * The next revision of a job definition, which differs in its image alone.
 *
 * @returns null when it runs the image already.
 * @example
 * const next = revisionWithImage(definition, `${repositoryUrl}:70a2e4fd6c1b`);
 */
export function revisionWithImage(
  definition: JobDefinition,
  image: string,
): RegisterJobDefinitionCommandInput | null {
  // What AWS Batch adds to what was registered.
  const { jobDefinitionArn, revision, status, containerOrchestrationType, ...registered } =
    definition;
  const { tags, containerProperties } = registered;
  if (containerProperties?.image === image) {
    return null;
  }
  return {
    ...registered,
    type: 'container',
    containerProperties: { ...containerProperties, image },
    // AWS alone may set those of CloudFormation.
    tags: Object.fromEntries(Object.entries(tags ?? {}).filter(([key]) => !key.startsWith('aws:'))),
  };
}

/**
 * Makes an image the one that new jobs run: a new revision of each owner's job definition. Jobs that
 * were submitted go on with the revision that they have. What was cut off goes on when it is asked
 * for again.
 *
 * @throws {BatchClientError} `INVALID_INPUT` for what is no tag, `NOT_FOUND` when the image was never
 *   pushed.
 * @example
 * const promoted = await promoteImage({ clients, repositoryUrl, jobDefinition, owners, tag });
 */
export async function promoteImage(request: PromotionRequest): Promise<PromotedDefinition[]> {
  const { clients, repositoryUrl, jobDefinition, owners, tag, ...call } = request;
  const image = `${repositoryUrl}:${checkImageTag(tag)}`;
  if ((await isPushed(clients, repositoryUrl, tag, call)) === false) {
    throw new BatchClientError(
      'NOT_FOUND',
      `${image} was never pushed: push it with 'openevolve-aws image push', or name another tag.`,
    );
  }
  const definitions = await clients.definitions();
  const newest = newestRevisions(await definitions.active(call));
  const promoted: PromotedDefinition[] = [];
  for (const owner of owners) {
    const definition = newest.get(ownJobDefinition(jobDefinition, owner));
    const next = definition ? revisionWithImage(definition, image) : null;
    promoted.push({
      owner,
      isNew: next !== null,
      revision: next
        ? (await definitions.register(next, call)).revision
        : (definition?.revision ?? null),
    });
  }
  return promoted;
}
