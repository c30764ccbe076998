import type { CommitEntry } from '@openevolve-aws/job-spec';
import type { ObjectStore } from '@openevolve-aws/object-store';
import { CheckpointSyncError, isSyncError } from './errors.ts';
import { JobLog, type SignalOptions } from './job-log.ts';

/** Damage is believed once so many reads have found it. */
const READS = 2;

/**
 * Runs a read of one commit. Each time that it finds damage, the log is read again: a job that goes
 * on may have pruned or quarantined the commit meanwhile, and then nothing is damaged.
 *
 * @throws {CheckpointSyncError} `PRUNED`, or what the last read threw.
 */
export async function readingCommit<T>(
  store: ObjectStore,
  { seq, label }: CommitEntry,
  options: SignalOptions,
  read: () => Promise<T>,
): Promise<T> {
  for (let reads = 1; ; reads++) {
    try {
      return await read();
    } catch (cause) {
      if (!isSyncError(cause, 'DAMAGED', 'MISSING')) throw cause;
      const { commits, unreadable } = (await JobLog.open(store, options)).state;
      if (![...commits, ...unreadable].some((place) => place.seq === seq)) {
        const message = `Commit ${seq} (${label}) is no longer kept: its job pruned it, or quarantined it. List the commits again and take another.`;
        throw new CheckpointSyncError('PRUNED', message, { cause });
      }
      if (reads === READS) throw cause;
    }
  }
}
