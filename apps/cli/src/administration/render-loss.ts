import type { Inventory } from '@openevolve-aws/batch-client/administration';
import type { StackConfig } from '@openevolve-aws/job-spec';

/** What is lost with an environment, in words. */
export function renderLoss(
  { stacks, unfinishedJobs, buckets, definitions }: Inventory,
  also: {
    readonly users: readonly string[];
    readonly signIn: StackConfig['signIn'];
    readonly repository: string;
  },
): string[] {
  const users = also.users.join(', ');
  const ofStacks = [
    `the stacks ${stacks.join(', ')}: machines, network, alerts, logs`,
    `the images in the repository ${also.repository}, and the provider's key`,
    also.signIn === 'iam-users'
      ? `the users ${users}, with their access keys`
      : `what ${users} may do here; whom Identity Center knows stays there`,
  ];
  return [
    ...(unfinishedJobs > 0 ? [`${unfinishedJobs} jobs that have not ended`] : []),
    ...buckets.map(
      ({ name, versions, bytes, hasMore }) =>
        `the bucket ${name}: ${hasMore ? 'more than ' : ''}${versions} objects and versions, ${(bytes / 1e6).toFixed(1)} MB`,
    ),
    ...(stacks.length > 0 ? ofStacks : []),
    `${definitions.length} revisions of job definitions`,
  ];
}
