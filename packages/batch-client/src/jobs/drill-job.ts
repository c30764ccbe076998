import type { Backend, BatchJob, CallOptions } from '../backend.ts';
import { batchJobIdOfRun, findRun } from './find-run.ts';

/**
 * Sends a Spot interruption to a running job, to see it resume.
 *
 * @param noticeSeconds from the notice to the end of the machine; Spot gives 120, and 0 takes the
 *   machine without notice.
 * @throws {BatchClientError} `CONFLICT` when no attempt is running.
 * @example
 * await drillJob(backend, 'alice', 'a1b2c3d4', 120);
 */
export async function drillJob(
  backend: Backend,
  owner: string,
  reference: string,
  noticeSeconds: number,
  options: CallOptions = {},
): Promise<BatchJob> {
  const run = await findRun(backend, owner, reference, options);
  await backend.interrupt(batchJobIdOfRun(run), noticeSeconds, options);
  return run.batch;
}
