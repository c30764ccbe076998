import { type JobLimits, type Progress, type Spend, usdSpent } from '@openevolve-aws/job-spec';

/** What was spent on models so far, with the limits as they stand. Pure. */
export function renderSpend(spend: Spend, limits: JobLimits): string {
  const models = Object.entries(spend.models);
  const tokens = models.reduce(
    (sum, [, { promptTokens, completionTokens }]) => sum + promptTokens + completionTokens,
    spend.estimated.tokens,
  );
  const unpriced = models.filter(([, { usd }]) => usd === null).map(([name]) => name);
  const total = usdSpent(spend);
  const usd =
    total === null ? `an unknown sum (no price of ${unpriced.join(', ')})` : dollars(total);
  const estimated =
    spend.estimated.usd > 0 ? `, ${dollars(spend.estimated.usd)} of it estimated` : '';
  const caps = [
    ...(limits.usd === null ? [] : [dollars(limits.usd)]),
    ...(limits.tokens === null ? [] : [`${limits.tokens} tokens`]),
  ];
  const limit = caps.length > 0 ? `; at most ${caps.join(' and ')} in all` : '';
  return `${usd}${estimated}, ${tokens} tokens${limit}`;
}

/** How the model calls of the running attempt go. Pure. */
export function renderCalls(calls: NonNullable<Progress['calls']>): string {
  const { made, failed, latencyMs, tokensPerMinute, held, down } = calls;
  return [
    `${made} made, ${failed} failed`,
    ...(latencyMs === null
      ? []
      : [`half within ${seconds(latencyMs.p50)}, 99 % within ${seconds(latencyMs.p99)}`]),
    `${Math.round(tokensPerMinute)} tokens a minute`,
    ...(held > 0 ? [`${held} wait for the provider`] : []),
    ...(down.length > 0 ? [`failing: ${down.join(', ')}`] : []),
  ].join('; ');
}

function dollars(usd: number): string {
  return `$${usd < 0.01 && usd > 0 ? usd.toPrecision(2) : usd.toFixed(2)}`;
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(1)} s`;
}
