import type { SubmitJobCommandInput } from '@aws-sdk/client-batch';
import { pause } from '../abort.ts';
import type { CallOptions } from '../backend.ts';
import { BatchClientError } from '../errors.ts';
import { isClockCorrected, mayBeApplied } from './aws-errors.ts';
import { findByName } from './listed-jobs.ts';
import type { BatchApi } from './ports.ts';

/** Milliseconds. */
export interface SubmitPace {
  /** No try begins later than this after the first. */
  readonly deadlineMs: number;
  /** The bound of the first wait between tries; it doubles with each. */
  readonly baseDelayMs: number;
  /** Before each look for a job whose reply was lost: AWS Batch may list it some time later. */
  readonly looksMs: readonly number[];
}

/** The last try may take as long as the client's time-outs, 25 s; see `HAND_OVER_MS`. */
const PACE: SubmitPace = {
  deadlineMs: 30_000,
  baseDelayMs: 200,
  looksMs: [0, 500, 1_000, 2_000, 4_000],
};
const MAX_DELAY_MS = 5_000;

/**
 * Submits a job under a name that nobody else uses, once. SubmitJob has no token that would make it
 * safe to repeat (https://github.com/aws/containers-roadmap/issues/2798), so after a reply that was
 * lost the name is looked for first.
 *
 * @returns the Batch job's id.
 * @throws {BatchClientError} `UNAVAILABLE` when it is not known in the end whether AWS Batch has it.
 */
export async function submitOnce(
  batch: BatchApi,
  input: SubmitJobCommandInput,
  { signal }: CallOptions = {},
  pace: SubmitPace = PACE,
): Promise<string> {
  const end = performance.now() + pace.deadlineMs;
  let clockCorrected = false;
  let unsure = false;
  for (let bound = pace.baseDelayMs; ; bound = Math.min(bound * 2, MAX_DELAY_MS)) {
    try {
      const { jobId } = await batch.submitJob(input, { signal });
      if (jobId) {
        return jobId;
      }
      throw new BatchClientError('UNAVAILABLE', 'AWS Batch answered SubmitJob without a job id.');
    } catch (error) {
      if (isClockCorrected(error) && !clockCorrected) {
        clockCorrected = true;
        continue;
      }
      if (!(error instanceof BatchClientError)) {
        throw error;
      }
      // Once unsure, a later refusal says nothing of the earlier try.
      unsure ||= mayBeApplied(error);
      const found = unsure ? await lookFor(batch, input, pace.looksMs) : null;
      if (found !== null) {
        return found;
      }
      const waitMs = Math.random() * bound;
      if (error.permanent || signal?.aborted || performance.now() + waitMs >= end) {
        throw unsure ? unknownOutcome(input, error) : error;
      }
      await pause(waitMs, signal);
    }
  }
}

async function lookFor(
  batch: BatchApi,
  input: SubmitJobCommandInput,
  looksMs: readonly number[],
): Promise<string | null> {
  for (const waitMs of looksMs) {
    await pause(waitMs);
    const found = await findByName(batch, String(input.jobQueue), String(input.jobName));
    if (found !== null) {
      return found;
    }
  }
  return null;
}

function unknownOutcome(input: SubmitJobCommandInput, cause: BatchClientError): BatchClientError {
  return new BatchClientError(
    cause.code === 'ABORTED' ? 'ABORTED' : 'UNAVAILABLE',
    `${cause.message} Whether AWS Batch has taken the job is not known: 'openevolve-aws status ${input.tags?.JobShortId}' will tell, and nothing is lost by asking it later.`,
    { cause },
  );
}
