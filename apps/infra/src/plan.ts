import type { StackConfig } from '@openevolve-aws/job-spec';
import { type CostItem, idleMonthlyCost } from './idle-cost.ts';
import { type ResourceNames, resourceNames } from './names.ts';
import { releaseVersion } from './release-version.ts';

/** What a configuration leads to, as far as it can be told without AWS. */
export interface Plan {
  readonly environment: string;
  readonly region: string;
  /** In the order of deployment: a stack uses those before it. */
  readonly stacks: readonly { readonly id: string; readonly name: string }[];
  readonly names: Omit<ResourceNames, 'usersStack'>;
  readonly users: readonly string[];
  readonly imageTag: string;
  readonly idleMonthlyCost: readonly CostItem[];
}

/**
 * What a configuration leads to, for whoever deploys, tells of costs, or destroys.
 *
 * @example
 * planEnvironment(config).stacks; // [{ id: 'OpenEvolve', name: 'openevolve-prod' }]
 */
export function planEnvironment(config: StackConfig): Plan {
  const { usersStack, ...names } = resourceNames(config.environment);
  return {
    environment: config.environment,
    region: config.region,
    stacks: [
      { id: 'OpenEvolve', name: names.stack },
      ...config.moreUsers.map((_, position) => ({
        id: `Users${position + 1}`,
        name: usersStack(position + 1),
      })),
    ],
    names,
    users: [...config.users, ...config.moreUsers.flat()],
    imageTag: config.imageTag ?? releaseVersion(),
    idleMonthlyCost: idleMonthlyCost(config),
  };
}
