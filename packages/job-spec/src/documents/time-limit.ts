import type { AttemptRecord } from './attempt-record.ts';

/** The run ends this long before its limit, saved: AWS Batch does not retry what it times out. */
const MARGIN_MS = 60_000;

/**
 * Milliseconds that an attempt may run. The limit is for all attempts of the job together; the time
 * between attempts is not counted.
 *
 * @param timeoutSeconds the job's limit; null for none.
 * @param records of all earlier attempts.
 * @returns null for no limit; 0 or less when it is used up.
 */
export function timeLeftMs(
  timeoutSeconds: number | null,
  records: readonly Pick<AttemptRecord, 'startedAt' | 'ended'>[],
): number | null {
  if (timeoutSeconds === null) {
    return null;
  }
  const used = records.reduce(
    (sum, { startedAt, ended }) =>
      sum + (ended === null ? 0 : Math.max(0, Date.parse(ended.at) - Date.parse(startedAt))),
    0,
  );
  const limit = timeoutSeconds * 1000;
  // A limit of a few minutes would be all margin.
  return limit - Math.min(MARGIN_MS, limit / 10) - used;
}
