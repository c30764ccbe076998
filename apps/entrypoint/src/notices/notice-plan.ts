import type { Notice } from '@openevolve-aws/job-spec';

/** An attempt stops by itself this long before its machine does, since nobody may signal it. */
export const STOP_BEFORE_MS = 30_000;

/** What follows the commit that every notice leads to at once. */
export interface NoticePlan {
  /** From now on every finished iteration is committed at once. */
  readonly commitEachIteration: boolean;
  /** Milliseconds until the attempt stops by itself; null to run on. */
  readonly stopInMs: number | null;
}

/**
 * What a notice leads to. A rebalance recommendation is only a warning: commit, run on. Anything
 * else takes the machine at its time.
 *
 * @example
 * planForNotice({ action: 'terminate', time: '2026-01-01T00:02:00Z' }, new Date('2026-01-01T00:00:00Z'));
 * // { commitEachIteration: true, stopInMs: 90000 }
 */
export function planForNotice(notice: Notice, now: Date): NoticePlan {
  if (notice.action === 'rebalance') {
    return { commitEachIteration: false, stopInMs: null };
  }
  const left = Date.parse(notice.time) - now.getTime();
  return {
    commitEachIteration: true,
    stopInMs: Math.max(0, left - STOP_BEFORE_MS),
  };
}
