import { pause } from '../abort.ts';
import type { CallOptions } from '../backend.ts';
import { BatchClientError } from '../errors.ts';
import { isClockCorrected, isThrottling } from './aws-errors.ts';

export interface Patience {
  /** From the first try to the last moment at which one may begin. */
  readonly deadlineMs: number;
  /** The bound of the first wait; it doubles with each try, up to `maxDelayMs`. */
  readonly baseDelayMs: number;
  readonly maxDelayMs: number;
  /** Tries of a call that fails otherwise than by throttling, which passes by waiting. */
  readonly attempts: number;
}

const DEFAULT: Patience = {
  deadlineMs: 60_000,
  baseDelayMs: 100,
  maxDelayMs: 5_000,
  attempts: 4,
};

/**
 * Repeats a call that fails with an error that is not permanent, such as throttling, with full
 * jitter (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/).
 *
 * @throws the last error.
 * @example
 * const { jobs } = await repeating(() => batch.describeJobs({ jobs: ids }), { signal });
 */
export async function repeating<T>(
  call: () => Promise<T>,
  { signal }: CallOptions = {},
  patience: Patience = DEFAULT,
): Promise<T> {
  const end = performance.now() + patience.deadlineMs;
  let clockCorrected = false;
  let failures = 0;
  for (let bound = patience.baseDelayMs; ; bound = Math.min(bound * 2, patience.maxDelayMs)) {
    try {
      return await call();
    } catch (error) {
      // The SDK has learnt the server's time from the refusal.
      if (isClockCorrected(error) && !clockCorrected) {
        clockCorrected = true;
        continue;
      }
      const waitMs = Math.random() * bound;
      failures += isThrottling(error) ? 0 : 1;
      const isOver = performance.now() + waitMs >= end || failures >= patience.attempts;
      if (!(error instanceof BatchClientError) || error.permanent || isOver) {
        throw error;
      }
      await pause(waitMs, signal);
    }
  }
}
