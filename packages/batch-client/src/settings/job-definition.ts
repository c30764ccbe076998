import { BatchClientError } from '../errors.ts';

/**
 * The owner's own job definition: `openevolve-prod-job` means `openevolve-prod-job-<owner>`, which
 * is fixed to the owner's role and log group.
 *
 * @param definition as in the settings; an ARN is taken as it is.
 * @param revision the newest active one without it.
 * @throws {BatchClientError} `INVALID_INPUT` for a revision of what names one already.
 * @example
 * ownJobDefinition('openevolve-prod-job', 'alice', 3); // 'openevolve-prod-job-alice:3'
 */
export function ownJobDefinition(definition: string, owner: string, revision?: number): string {
  const [, name = definition, fixed] = /^(.+?)(?::(\d+))?$/s.exec(definition) ?? [];
  if (revision !== undefined && fixed !== undefined) {
    throw new BatchClientError(
      'INVALID_INPUT',
      `The settings fix the job definition to ${definition}, so revision ${revision} cannot be chosen; leave the revision out of the setting.`,
    );
  }
  const own = name.startsWith('arn:') ? name : `${name}-${owner}`;
  const chosen = revision ?? fixed;
  return chosen === undefined ? own : `${own}:${chosen}`;
}

/** Of a revision that is asked for where there is none. */
export function noDefinitions(): BatchClientError {
  return new BatchClientError(
    'INVALID_INPUT',
    'This machine has no job definitions, so no revision can be chosen.',
  );
}
