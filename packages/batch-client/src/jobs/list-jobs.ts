import type { Backend, BatchJob, BatchStatus } from '../backend.ts';

/**
 * An owner's jobs, newest first: the newest submission of each.
 *
 * @param status only jobs in this state; all without it.
 * @example
 * const running = await listJobs(backend, 'alice', 'RUNNING');
 */
export async function listJobs(
  backend: Backend,
  owner: string,
  status?: BatchStatus,
): Promise<BatchJob[]> {
  const newest = new Map<string, BatchJob>();
  for (const submission of await backend.list(owner)) {
    const known = newest.get(submission.jobId);
    if (!known || submission.submission > known.submission) {
      newest.set(submission.jobId, submission);
    }
  }
  return [...newest.values()].filter((job) => status === undefined || job.status === status);
}
