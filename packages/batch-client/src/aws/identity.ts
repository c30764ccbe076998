import { describeIssues, ownerSchema, type Settings } from '@openevolve-aws/job-spec';
import { ownerFromArn } from '@openevolve-aws/s3-layout';
import type { CallOptions } from '../backend.ts';
import { BatchClientError } from '../errors.ts';
import type { AwsClients } from './ports.ts';

/**
 * Whose jobs are meant: the asked owner, or the settings', or whoever the credentials stand for.
 *
 * @param asked from a flag.
 * @throws {BatchClientError} `INVALID_INPUT` when the asked one is no owner; `CREDENTIALS` and the
 *   like from STS.
 * @throws {S3LayoutError} `INVALID_OWNER` when the credentials' name is none, with the rule.
 * @example
 * const owner = await resolveOwner(clients, settings);
 */
export async function resolveOwner(
  clients: AwsClients,
  settings: Pick<Settings, 'environment' | 'owner'>,
  asked?: string,
  options: CallOptions = {},
): Promise<string> {
  if (asked !== undefined) {
    const parsed = ownerSchema.safeParse(asked);
    if (!parsed.success) {
      throw new BatchClientError(
        'INVALID_INPUT',
        `${JSON.stringify(asked)} is no owner: ${describeIssues(parsed.error)}.`,
      );
    }
    return parsed.data;
  }
  if (settings.owner !== undefined) {
    return settings.owner;
  }
  const { arn } = await (await clients.sts()).getCallerIdentity(options);
  return ownerFromArn(arn, settings.environment);
}
