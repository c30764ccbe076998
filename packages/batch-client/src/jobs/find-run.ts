import type { Job } from '@openevolve-aws/job-spec';
import type { Backend, BatchJob } from '../backend.ts';
import { BatchClientError } from '../errors.ts';
import { findJob } from './find-job.ts';

/** A job, and its newest submission. */
export interface Run {
  readonly job: Job;
  readonly batch: BatchJob;
}

/**
 * A job by its short id or by a Batch job id, with the newest submission that the backend knows.
 *
 * @throws {BatchClientError} as {@link findJob} does, and `NOT_FOUND` when no submission is known.
 * @example
 * const { job, batch } = await findRun(backend, 'alice', 'a1b2c3d4');
 */
export async function findRun(backend: Backend, owner: string, reference: string): Promise<Run> {
  const job = await findJob(backend, owner, reference);
  const submissions = (await backend.list(job.owner)).filter(({ jobId }) => jobId === job.id);
  const [batch] = submissions.sort((a, b) => b.submission - a.submission);
  if (!batch) {
    if (reference !== job.id) {
      // What is wrong with a record that cannot be read is said where it is asked for by name.
      await backend.describe([reference]);
    }
    throw new BatchClientError(
      'NOT_FOUND',
      `Job ${job.id} has no submission that can be read: it was never handed over to run, that is forgotten, or its record is damaged. Its files are there; 'openevolve-aws status' with its Batch job id says more.`,
    );
  }
  return { job, batch };
}
