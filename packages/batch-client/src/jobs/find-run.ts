import type { Job } from '@openevolve-aws/job-spec';
import type { Backend, BatchJob, CallOptions } from '../backend.ts';
import { BatchClientError } from '../errors.ts';
import { concurrently } from './concurrently.ts';
import { findJob } from './find-job.ts';
import { recordedRun } from './recorded-run.ts';
import { batchJobIdOf, newestSubmission, readSubmission } from './submission-record.ts';
import { withSignal } from './with-signal.ts';

/** A job, and its newest submission. */
export interface Run {
  readonly job: Job;
  readonly batch: BatchJob;
}

/**
 * A job by its short id, a Batch job id or a name, with its newest submission. What the backend has
 * forgotten is told from the job's own records.
 *
 * @throws {BatchClientError} as {@link findJob} does, and `NOT_FOUND` when it was never submitted.
 * @example
 * const { job, batch } = await findRun(backend, 'alice', 'a1b2c3d4');
 */
export async function findRun(
  backend: Backend,
  owner: string,
  reference: string,
  { signal }: CallOptions = {},
): Promise<Run> {
  const asked = withSignal(backend, signal);
  return runOf(asked, await findJob(asked, owner, reference));
}

/** The newest submission of a job that is known already. */
export async function runOf(backend: Backend, job: Job): Promise<Run> {
  const [run] = await runsOf(backend, [job]);
  if (!run) {
    throw new TypeError('a job has one newest submission');
  }
  return run;
}

const LOOKS_AT_ONCE = 16;

/** The same of several jobs, in their order; the backend is asked for all at once. */
export async function runsOf(backend: Backend, jobs: readonly Job[]): Promise<Run[]> {
  const submissions = await concurrently(jobs, LOOKS_AT_ONCE, async (job) => {
    const newest = await newestSubmission(backend, job.owner, job.id);
    if (newest === null) {
      throw new BatchClientError(
        'NOT_FOUND',
        `Job ${job.id} was never submitted: its upload was cut short. Submit it again.`,
      );
    }
    const batchJobId = await batchJobIdOf(backend, job, newest);
    return { job, number: newest.number, batchJobId };
  });
  const ids = submissions.flatMap(({ batchJobId }) => batchJobId ?? []);
  const described = ids.length === 0 ? [] : await backend.describe(ids);
  const known = new Map(described.map((batch) => [batch.batchJobId, batch]));
  return concurrently(submissions, LOOKS_AT_ONCE, async ({ job, number, batchJobId }) => ({
    job,
    batch: known.get(batchJobId) ?? (await unknownRun(backend, job, number, batchJobId)),
  }));
}

async function unknownRun(
  backend: Backend,
  job: Job,
  number: number,
  batchJobId: string | null,
): Promise<BatchJob> {
  const submission = await readSubmission(backend, job, number);
  return recordedRun(backend, {
    owner: job.owner,
    jobId: job.id,
    name: job.name,
    submission: number,
    createdAt: submission?.createdAt ?? job.createdAt,
    batchJobId,
  });
}

/**
 * The Batch job of a run.
 *
 * @throws {BatchClientError} `NOT_FOUND` while it is being handed over, or when it never was.
 */
export function batchJobIdOfRun({ job, batch }: Run): string {
  if (batch.batchJobId === null) {
    throw new BatchClientError(
      'NOT_FOUND',
      `Job ${job.id} has no Batch job: ${batch.statusReason ?? 'it was not handed over.'}`,
    );
  }
  return batch.batchJobId;
}
