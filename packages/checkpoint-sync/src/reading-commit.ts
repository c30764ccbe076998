import type { CommitEntry } from '@openevolve-aws/job-spec';
import type { ObjectStore } from '@openevolve-aws/object-store';
import { CheckpointSyncError, isSyncError } from './errors.ts';
import { JobLog, type SignalOptions } from './job-log.ts';

/**
 * Runs a read of one commit. If it finds damage, the log is read again: a job that goes on may have
 * pruned the commit meanwhile, and then nothing is damaged.
 *
 * @throws {CheckpointSyncError} `PRUNED`, or what the read threw.
 */
export async function readingCommit<T>(
  store: ObjectStore,
  { seq, label }: CommitEntry,
  options: SignalOptions,
  read: () => Promise<T>,
): Promise<T> {
  try {
    return await read();
  } catch (cause) {
    if (!isSyncError(cause, 'DAMAGED', 'MISSING')) throw cause;
    const { commits, quarantined, unreadable } = (await JobLog.open(store, options)).state;
    const isInLog = [...commits, ...unreadable].some((place) => place.seq === seq);
    if (isInLog || quarantined.has(seq)) throw cause;
    const message = `Commit ${seq} (${label}) was pruned by its job. List the commits again and take another.`;
    throw new CheckpointSyncError('PRUNED', message, { cause });
  }
}
