import type { Job } from '@openevolve-aws/job-spec';
import { batchJobName } from '@openevolve-aws/s3-layout';
import { pause } from '../abort.ts';
import type { Backend, BatchSubmission, CallOptions } from '../backend.ts';
import { BatchClientError } from '../errors.ts';
import {
  batchJobIdOf,
  claimSubmission,
  newestSubmission,
  readSubmission,
  recordHandOver,
  releaseSubmission,
} from './submission-record.ts';

/**
 * How long whoever claimed a submission may take to hand it over; afterwards nobody is at it any
 * more, and the next number is free. It is the time until `Backend.submit` must be called, and as
 * much again for that call.
 */
export const HAND_OVER_MS = 120_000;

const LOOK_MS = 1_000;

/** A submission that was handed over. */
export interface HandedOver {
  readonly batchJobId: string;
  readonly submission: number;
  /** What went wrong after it was handed over, and does no harm. */
  readonly warnings: readonly string[];
}

/**
 * Hands a job over to run: the record of the submission first, which claims its number, then the
 * submission, then the way back from the Batch job to the job.
 *
 * @param afterControl the last control request so far.
 * @throws {BatchClientError} `CONFLICT` when someone else has the number; nothing was handed over.
 */
export async function makeSubmission(
  backend: Backend,
  job: Job,
  number: number,
  afterControl: number,
  {
    definitionRevision,
    signal,
  }: CallOptions & { readonly definitionRevision?: number | undefined } = {},
): Promise<HandedOver> {
  const began = performance.now();
  const submission = await claimSubmission(backend, job, number, afterControl);
  if (submission === null) {
    throw new BatchClientError(
      'CONFLICT',
      `Submission ${number} of job ${job.id} was just made by someone else; 'openevolve-aws status ${job.id}' shows it.`,
    );
  }
  if (performance.now() - began > HAND_OVER_MS / 2) {
    throw new BatchClientError(
      'UNAVAILABLE',
      `Job ${job.id} was not submitted, since its store was too slow: resume it in ${HAND_OVER_MS / 60_000} minutes.`,
    );
  }
  const batchJobId = await backend
    .submit(submissionOf(job, number, definitionRevision), { signal })
    .catch(async (error: unknown) => {
      // Refused for good, so that whoever mends what was wrong need not wait.
      if (error instanceof BatchClientError && error.permanent && error.code !== 'ABORTED') {
        await releaseSubmission(backend, job, submission);
      }
      throw error;
    });
  // It runs: whoever is told that it failed would submit it again. Its name leads to it as well.
  const warnings = await recordHandOver(backend, job, submission, batchJobId).then(
    () => [],
    (error: unknown) => [
      `Job ${job.id} was handed over as ${batchJobId}, which could not be noted (${String(error)}).`,
    ],
  );
  return { batchJobId, submission: number, warnings };
}

/** A submission as a backend takes it. Pure. */
export function submissionOf(
  job: Job,
  number: number,
  definitionRevision: number | undefined,
): BatchSubmission {
  return {
    batchJobName: batchJobName(job, number),
    owner: job.owner,
    jobId: job.id,
    submission: number,
    vcpus: job.vcpus,
    memoryMib: job.memoryMib,
    model: job.model,
    definitionRevision,
  };
}

/**
 * The submission of a job that somebody may have made already: that one, or a first one, or the next
 * one when whoever claimed the last number died before it was handed over.
 */
export async function ensureSubmission(
  backend: Backend,
  job: Job,
  options: CallOptions & { readonly definitionRevision?: number | undefined } = {},
): Promise<HandedOver> {
  for (;;) {
    const newest = await newestSubmission(backend, job.owner, job.id);
    const batchJobId = newest && (await batchJobIdOf(backend, job, newest, options));
    if (newest && batchJobId) {
      return { batchJobId, submission: newest.number, warnings: [] };
    }
    if (newest && (await isBeingHandedOver(backend, job, newest.number))) {
      await pause(LOOK_MS, options.signal);
      continue;
    }
    try {
      return await makeSubmission(backend, job, (newest?.number ?? 0) + 1, 0, options);
    } catch (error) {
      if (!(error instanceof BatchClientError) || error.code !== 'CONFLICT') {
        throw error;
      }
    }
  }
}

/** Whether whoever claimed a number may still be handing it over. */
export async function isBeingHandedOver(
  backend: Backend,
  job: Job,
  number: number,
): Promise<boolean> {
  const submission = await readSubmission(backend, job, number);
  return submission !== null && Date.now() - Date.parse(submission.createdAt) < HAND_OVER_MS;
}
