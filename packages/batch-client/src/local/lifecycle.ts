import { decideRetry, describeContainerExit, MAX_ATTEMPTS } from '@openevolve-aws/job-spec';
import { isTerminal } from '../backend.ts';
import type { JobRecord } from './job-record.ts';
import type { ProcessIdentity } from './process-identity.ts';

/** The reason that AWS Batch gives when a Spot machine is taken; the retry rules know it. */
export const MACHINE_TAKEN = 'Host EC2 (local machine) terminated.';

/** How an attempt ended, as the supervisor saw it. `exitCode` is null when nobody saw it. */
export interface AttemptOutcome {
  readonly exitCode: number | null;
  /** Whether its machine was taken away, as AWS Batch would see it. */
  readonly machineTaken: boolean;
}

/** A new attempt begins. */
export function beginAttempt(record: JobRecord, process: ProcessIdentity, now: Date): JobRecord {
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

/**
 * The running attempt has ended: the job succeeds, fails, or waits for its next attempt. It never
 * waits when its end was asked for.
 */
export function endAttempt(record: JobRecord, outcome: AttemptOutcome, now: Date): JobRecord {
  const { exitCode, machineTaken } = outcome;
  const stoppedAt = now.toISOString();
  const reason = machineTaken ? MACHINE_TAKEN : exitCode ? describeContainerExit(exitCode) : null;
  const attempts = record.attempts.map((attempt, index) =>
    index === record.attempts.length - 1
      ? { ...attempt, stoppedAt, exitCode, reason, process: null }
      : attempt,
  );
  if (exitCode === 0) {
    return { ...record, attempts, status: 'SUCCEEDED', statusReason: null, stoppedAt };
  }
  if (record.terminateReason !== null) {
    const statusReason = record.terminateReason;
    return { ...record, attempts, status: 'FAILED', statusReason, stoppedAt };
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

/** An attempt that could not even begin ends its job: another one would not begin either. */
export function failToStart(record: JobRecord, why: string, now: Date): JobRecord {
  const at = now.toISOString();
  const reason = `could not be started: ${why}`;
  return {
    ...record,
    status: 'FAILED',
    statusReason: reason,
    startedAt: record.startedAt ?? at,
    stoppedAt: at,
    attempts: [
      ...record.attempts,
      {
        number: record.attempts.length + 1,
        startedAt: at,
        stoppedAt: at,
        exitCode: null,
        reason,
        process: null,
      },
    ],
  };
}

/** A job that has no running attempt is ended on request. */
export function terminateWaiting(record: JobRecord, reason: string, now: Date): JobRecord {
  return isTerminal(record.status)
    ? record
    : {
        ...record,
        status: 'FAILED',
        statusReason: reason,
        terminateReason: reason,
        stoppedAt: now.toISOString(),
      };
}
