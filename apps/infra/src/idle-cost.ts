import type { StackConfig } from '@openevolve-aws/job-spec';

export interface CostItem {
  readonly what: string;
  /** A month of 730 hours. */
  readonly usd: number;
}

const HOURS = 730;
const ZONES = 2;

/** List prices of us-east-1 in US dollars, looked up in November 2026; other regions differ a little. */
const prices = {
  secretMonth: 0.4,
  alarmMonth: 0.1,
  /** The first three of an account are free. */
  dashboardMonth: 3,
  imageGibMonth: 0.1,
  natGatewayHour: 0.045,
  interfaceEndpointHour: 0.01,
} as const;

/** What a compressed image with compilers takes. */
const IMAGE_GIB = 0.6;

/**
 * What an environment costs while no job runs: machines and their addresses, network traffic and
 * metrics cost nothing then, and stored objects and logs are not counted.
 *
 * @example
 * idleMonthlyCost(config).reduce((sum, { usd }) => sum + usd, 0); // 3.56 by the guide's settings
 */
export function idleMonthlyCost({ network, accessKeys }: StackConfig): CostItem[] {
  const hiddenNetwork = [
    { what: 'NAT gateway', usd: HOURS * prices.natGatewayHour },
    {
      what: 'endpoints of the image repository',
      usd: 2 * ZONES * HOURS * prices.interfaceEndpointHour,
    },
  ];
  return [
    { what: 'secrets', usd: (1 + accessKeys.length) * prices.secretMonth },
    { what: 'alarm', usd: prices.alarmMonth },
    { what: 'dashboard, if the account has three others', usd: prices.dashboardMonth },
    { what: 'one image in the repository', usd: IMAGE_GIB * prices.imageGibMonth },
    ...(network === 'private' ? hiddenNetwork : []),
  ].map(({ what, usd }) => ({ what, usd: Math.round(usd * 100) / 100 }));
}
