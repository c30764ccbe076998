import { decideRetry, describeContainerExit, MAX_ATTEMPTS } from '@openevolve-aws/job-spec';
import { isTerminal } from '../backend.ts';
import type { JobRecord } from './job-record.ts';

/** The reason that AWS Batch gives when a Spot machine is taken; the retry rules know it. */
export const MACHINE_TAKEN = 'Host EC2 (local machine) terminated.';

/** How an attempt ended, as the supervisor saw it. `exitCode` is null when nobody saw it. */
export interface AttemptOutcome {
  readonly exitCode: number | null;
  /** Why it was ended from outside; null when it ended by itself. */
  readonly reason: string | null;
  /** Set when the user asked for the end: such a job is never retried. */
  readonly terminatedBecause: string | null;
}

/** A new attempt begins. */
export function beginAttempt(
  record: JobRecord,
  process: { pid: number; startTime: string },
  now: Date,
): JobRecord {
  const startedAt = now.toISOString();
  return {
    ...record,
    status: 'RUNNING',
    statusReason: null,
    startedAt: record.startedAt ?? startedAt,
    attempts: [
      ...record.attempts,
      {
        number: record.attempts.length + 1,
        startedAt,
        stoppedAt: null,
        exitCode: null,
        reason: null,
        process,
      },
    ],
  };
}

/** The running attempt has ended: the job succeeds, fails, or waits for its next attempt. */
export function endAttempt(record: JobRecord, outcome: AttemptOutcome, now: Date): JobRecord {
  const { exitCode, terminatedBecause } = outcome;
  const stoppedAt = now.toISOString();
  const reason =
    outcome.reason ??
    (exitCode === null || exitCode === 0 ? null : describeContainerExit(exitCode));
  const attempts = record.attempts.map((attempt, index) =>
    index === record.attempts.length - 1
      ? { ...attempt, stoppedAt, exitCode, reason, process: null }
      : attempt,
  );
  if (exitCode === 0) {
    return { ...record, attempts, status: 'SUCCEEDED', statusReason: null, stoppedAt };
  }
  if (terminatedBecause !== null) {
    return { ...record, attempts, status: 'FAILED', statusReason: terminatedBecause, stoppedAt };
  }
  const decision = decideRetry(
    { exitCode: exitCode ?? undefined, statusReason: reason ?? undefined },
    attempts.length,
  );
  if (decision === 'RETRY') {
    return { ...record, attempts, status: 'RUNNABLE', statusReason: reason };
  }
  const exhausted =
    attempts.length >= MAX_ATTEMPTS ? `; none of the ${MAX_ATTEMPTS} attempts is left` : '';
  return {
    ...record,
    attempts,
    status: 'FAILED',
    statusReason: `${reason ?? 'the attempt failed'}${exhausted}`,
    stoppedAt,
  };
}

/** A job that has no running attempt is ended on request. */
export function terminateWaiting(record: JobRecord, reason: string, now: Date): JobRecord {
  return isTerminal(record.status)
    ? record
    : { ...record, status: 'FAILED', statusReason: reason, stoppedAt: now.toISOString() };
}
