import { type Backend, type BatchJob, isTerminal } from '../backend.ts';
import { BatchClientError } from '../errors.ts';
import { findRun } from './find-run.ts';

/**
 * Ends a job in whatever state it is. A running attempt saves what is finished first.
 *
 * @returns the job as it was when the end was asked for.
 * @throws {BatchClientError} `CONFLICT` when it has ended already.
 * @example
 * await cancelJob(backend, 'alice', 'a1b2c3d4');
 */
export async function cancelJob(
  backend: Backend,
  owner: string,
  reference: string,
): Promise<BatchJob> {
  const { job, batch } = await findRun(backend, owner, reference);
  if (isTerminal(batch.status)) {
    throw new BatchClientError(
      'CONFLICT',
      `Job ${job.id} has ended already (${batch.status}); there is nothing to cancel.`,
    );
  }
  await backend.terminate(batch.batchJobId, `Cancelled by ${owner}`);
  return batch;
}
