import type { CommitEntry } from '@openevolve-aws/job-spec';
import type { ObjectStore } from '@openevolve-aws/object-store';
import { CheckpointSyncError, isSyncError } from './errors.ts';
import { JobLog, type SignalOptions } from './job-log.ts';

/**
 * Runs a read of one commit. If it finds damage, the log is read again: a job that goes on may have
 * pruned or quarantined the commit meanwhile, and then nothing is damaged. Otherwise damage is
 * believed once a second read has found it.
 *
 * @throws {CheckpointSyncError} `PRUNED`, or what the second read threw.
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
    const { commits, unreadable } = (await JobLog.open(store, options)).state;
    if ([...commits, ...unreadable].some((place) => place.seq === seq)) return read();
    const message = `Commit ${seq} (${label}) is no longer kept: its job pruned it, or quarantined it. List the commits again and take another.`;
    throw new CheckpointSyncError('PRUNED', message, { cause });
  }
}
