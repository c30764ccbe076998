import type { JobDefinition } from '@aws-sdk/client-batch';
import { ownerSchema } from '@openevolve-aws/job-spec';

/** Of each job definition, by name, the revision that new jobs run. */
export function newestRevisions(
  revisions: readonly JobDefinition[],
): ReadonlyMap<string, JobDefinition> {
  const newest = new Map<string, JobDefinition>();
  for (const one of revisions) {
    const name = one.jobDefinitionName ?? '';
    if ((one.revision ?? 0) >= (newest.get(name)?.revision ?? 0)) {
      newest.set(name, one);
    }
  }
  return newest;
}

/**
 * Whether a job definition is an owner's of the environment, whoever the owner is: users who were
 * removed have old revisions too.
 *
 * @param jobDefinition of the environment: `openevolve-prod-job`.
 */
export function isOfEnvironment(definition: JobDefinition, jobDefinition: string): boolean {
  const name = definition.jobDefinitionName ?? '';
  // The environment "prod" is not the environment "prod-job".
  return (
    name.startsWith(`${jobDefinition}-`) &&
    ownerSchema.safeParse(name.slice(jobDefinition.length + 1)).success
  );
}
