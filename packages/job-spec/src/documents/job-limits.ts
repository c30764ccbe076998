import type { Control } from './control.ts';
import type { Job } from './job.ts';

/** What a job may do over all attempts; null for no limit. */
export interface JobLimits {
  readonly iterations: number;
  readonly usd: number | null;
  readonly tokens: number | null;
  readonly timeoutSeconds: number | null;
}

/**
 * The limits of a job as they stand now: those it was submitted with, changed by what was asked since.
 * The newest request for each counts.
 *
 * @param requests in the order of their numbers, from the first on.
 * @example
 * limitsOf({ iterations: 100, timeoutSeconds: null }, [{ kind: 'extend', iterations: 200 }]);
 * // { iterations: 200, usd: null, tokens: null, timeoutSeconds: null }
 */
export function limitsOf(
  job: Pick<Job, 'iterations' | 'maxUsd' | 'maxTokens' | 'timeoutSeconds'>,
  requests: readonly Control['request'][],
): JobLimits {
  let limits: JobLimits = {
    iterations: job.iterations,
    usd: job.maxUsd ?? null,
    tokens: job.maxTokens ?? null,
    timeoutSeconds: job.timeoutSeconds,
  };
  for (const request of requests) {
    if (request.kind === 'extend') {
      limits = { ...limits, iterations: request.iterations };
    } else if (request.kind === 'timeout') {
      limits = { ...limits, timeoutSeconds: request.seconds };
    } else if (request.kind === 'cap') {
      const { usd = limits.usd, tokens = limits.tokens } = request;
      limits = { ...limits, usd, tokens };
    }
  }
  return limits;
}
