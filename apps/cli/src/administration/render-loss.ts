import type { Inventory } from '@openevolve-aws/batch-client/administration';

/** What is lost with an environment, in words. */
export function renderLoss(
  { stacks, unfinishedJobs, buckets, definitions }: Inventory,
  also: { readonly users: readonly string[]; readonly repository: string },
): string[] {
  const ofStacks = [
    `the stacks ${stacks.join(', ')}: machines, network, alerts, logs`,
    `the images in the repository ${also.repository}, and the provider's key`,
    `the users ${also.users.join(', ')}, with their access keys`,
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
