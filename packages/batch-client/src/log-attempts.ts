import { type BatchJob, isTerminal, type LogLine, type LogRequest } from './backend.ts';
import { BatchClientError } from './errors.ts';

/** How a backend reads the log of one attempt, and sees its job. */
export interface AttemptReading<J extends BatchJob> {
  /** The job as it is now. */
  readonly describe: () => Promise<J>;
  /** Settles when the job may have changed. */
  readonly wait: () => Promise<void>;
  /**
   * The lines of an attempt that there is; of one that runs, to its end when they are followed.
   *
   * @param job as it was last seen.
   * @returns the job as it was then last seen.
   */
  readonly read: (job: J, number: number) => AsyncGenerator<LogLine, J>;
}

/**
 * A job's log lines, attempt by attempt: those that are asked for, and when it is followed also those
 * that are still to come.
 *
 * @throws {BatchClientError} `NOT_FOUND` for an attempt that there is not.
 */
export async function* logAttempts<J extends BatchJob>(
  { describe, wait, read }: AttemptReading<J>,
  { attempt: asked, follow }: LogRequest,
): AsyncGenerator<LogLine> {
  let job = await describe();
  const only = asked === 'latest' ? undefined : asked;
  const first = asked === 'latest' ? Math.max(1, job.attempts.length) : (only ?? 1);
  for (let number = first; only === undefined || number === only; number += 1) {
    while (follow && !isTerminal(job.status) && job.attempts.length < number) {
      await wait();
      job = await describe();
    }
    if (job.attempts.length < number) {
      if (only !== undefined) {
        throw new BatchClientError(
          'NOT_FOUND',
          `Job ${job.jobId} has no attempt ${only}; it has had ${job.attempts.length}.`,
        );
      }
      return;
    }
    job = yield* read(job, number);
  }
}
