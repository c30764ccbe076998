import { pause } from '../abort.ts';
import type { LogLine, LogRequest } from '../backend.ts';
import { logAttempts } from '../log-attempts.ts';
import { awsErrorName } from './aws-errors.ts';
import { type AwsJob, hasEnded } from './job-view.ts';
import type { LogsApi } from './ports.ts';
import { repeating } from './repeating.ts';

export interface LogReading {
  /** The job as it is now. */
  readonly describe: () => Promise<AwsJob>;
  readonly logs: LogsApi;
  /** For a job that does not tell its group. */
  readonly groupOf: (job: AwsJob) => string;
  readonly pace?: LogPace;
}

/** Milliseconds. */
export interface LogPace {
  /** Between looks for new lines. */
  readonly lookMs: number;
  /** Between looks at the job; DescribeJobs is shared by the whole account. */
  readonly describeMs: number;
  /** How long lines may still come after an attempt has ended. */
  readonly settleMs: number;
  /** How long a follower bears that AWS cannot be reached, beyond what a single call does. */
  readonly outageMs: number;
}

const PACE: LogPace = {
  lookMs: 2_000,
  describeMs: 5_000,
  settleMs: 5_000,
  outageMs: 10 * 60_000,
};

/**
 * A job's log lines from CloudWatch Logs, attempt by attempt, in the order in which each was written.
 * An attempt without a stream, since its container never started, has no lines.
 */
export async function* readAwsLogs(
  reading: LogReading,
  request: LogRequest,
): AsyncGenerator<LogLine> {
  const { follow, signal } = request;
  const { describe, logs, pace = PACE } = follow ? bearingOutages(reading, signal) : reading;
  yield* logAttempts(
    {
      describe,
      wait: () => pause(pace.describeMs, signal),
      read: (job, number) => readAttempt({ ...reading, describe, logs }, request, job, number),
    },
    request,
  );
}

/** A machine that slept or lost its network goes on where it was. */
function bearingOutages(reading: LogReading, signal: AbortSignal | undefined): LogReading {
  const { describe, logs, pace = PACE } = reading;
  const patience = {
    deadlineMs: pace.outageMs,
    baseDelayMs: pace.lookMs,
    maxDelayMs: 8 * pace.lookMs,
    attempts: Number.POSITIVE_INFINITY,
  };
  return {
    ...reading,
    describe: () => repeating(describe, { signal }, patience),
    logs: {
      getLogEvents: (input, options) =>
        repeating(() => logs.getLogEvents(input, options), { signal }, patience),
    },
  };
}

/** @returns the job as it was last seen. */
async function* readAttempt(
  { describe, logs, groupOf, pace = PACE }: LogReading,
  { follow, since, signal }: LogRequest,
  known: AwsJob,
  number: number,
): AsyncGenerator<LogLine, AwsJob> {
  let job = known;
  let describedAt = performance.now();
  let endSeenAt: number | null = hasEnded(job, number) ? performance.now() : null;
  let token: string | undefined;
  for (;;) {
    const stream = job.attempts[number - 1]?.logStream ?? null;
    const page = stream === null ? null : await readPage(stream);
    for (const { timestamp, message = '' } of page?.events ?? []) {
      const at = timestamp === undefined ? null : new Date(timestamp).toISOString();
      yield { attempt: number, at, text: message.replace(/\n$/, '') };
    }
    const isAtEnd = !page?.nextForwardToken || page.nextForwardToken === token;
    token = page?.nextForwardToken ?? token;
    if (!isAtEnd) {
      continue;
    }
    // CloudWatch gets the last lines some time after the end; an old attempt has them all.
    const isSettled = endSeenAt !== null && performance.now() - endSeenAt >= settleMs();
    if (!follow || isSettled) {
      return job;
    }
    await pause(pace.lookMs, signal);
    if (endSeenAt === null && performance.now() - describedAt >= pace.describeMs) {
      job = await describe();
      describedAt = performance.now();
      endSeenAt = hasEnded(job, number) ? describedAt : null;
    }
  }

  function settleMs(): number {
    const stoppedAt = Date.parse(job.attempts[number - 1]?.stoppedAt ?? job.stoppedAt ?? '');
    return Date.now() - stoppedAt > 60_000 ? 0 : pace.settleMs;
  }

  async function readPage(stream: string) {
    try {
      return await logs.getLogEvents(
        {
          logGroupName: job.logGroup ?? groupOf(job),
          logStreamName: stream,
          startFromHead: true,
          nextToken: token,
          startTime: since === undefined ? undefined : Date.parse(since),
        },
        { signal },
      );
    } catch (error) {
      // Nothing was logged yet, or nothing ever will be.
      if (awsErrorName(error) === 'ResourceNotFoundException') {
        return null;
      }
      throw error;
    }
  }
}
