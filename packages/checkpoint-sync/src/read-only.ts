import type { CommitEntry } from '@openevolve-aws/job-spec';
import type { ObjectStore } from '@openevolve-aws/object-store';
import { JobLog, type SignalOptions } from './job-log.ts';
import type { JobState } from './job-state.ts';
import { refuseUnknown } from './log-record.ts';
import { readCheckpoint } from './read-checkpoint.ts';
import { readContent } from './read-content.ts';
import { readingCommit } from './reading-commit.ts';
import { type RestoreResult, restoreNewestOf } from './restore.ts';

/**
 * What the log of a job says: its commits, its end, and which entries cannot be read, one of which
 * may have been a commit.
 *
 * @throws {CheckpointSyncError} `LOG_GAP`; `UNKNOWN_VERSION` when a newer release wrote to the log.
 * @example
 * const { commits, unreadable } = await readState(store);
 */
export async function readState(
  store: ObjectStore,
  options: SignalOptions = {},
): Promise<JobState> {
  const log = await JobLog.open(store, options);
  refuseUnknown(log.records);
  return log.state;
}

/**
 * The commits of a job that can be restored, oldest first. Of entries that cannot be read
 * {@link readState} tells.
 *
 * @throws {CheckpointSyncError} as `readState`.
 * @example
 * for (const { label, ledger } of await listCommits(store)) print(label, ledger.done);
 */
export async function listCommits(
  store: ObjectStore,
  options: SignalOptions = {},
): Promise<readonly CommitEntry[]> {
  return (await readState(store, options)).commits;
}

/**
 * Restores the newest commit that verifies, without claiming the job. Says which newer ones did not,
 * and which entries of the log cannot be read: one of those may have been a newer commit.
 *
 * @param target must not exist, or be an empty directory.
 * @throws {CheckpointSyncError} `TARGET_EXISTS`, `UNKNOWN_VERSION`, `LOG_GAP`
 * @example
 * const { commit, skipped } = await restoreNewest(store, '/tmp/checkpoint');
 */
export async function restoreNewest(
  store: ObjectStore,
  target: string,
  options: SignalOptions = {},
): Promise<RestoreResult & Pick<JobState, 'unreadable'>> {
  const log = await JobLog.open(store, options);
  const guard = (): void => refuseUnknown(log.records);
  guard();
  const { commit, skipped } = await restoreNewestOf(log, store, target, options, guard);
  return { commit, skipped, unreadable: log.state.unreadable };
}

/**
 * Reads all of a commit and checks every hash; writes nothing.
 *
 * @throws {CheckpointSyncError} `DAMAGED`, `MISSING`, `PRUNED`, `UNSAFE_MANIFEST`, `UNKNOWN_VERSION`
 * @example
 * for (const commit of await listCommits(store)) await verifyCommit(store, commit);
 */
export async function verifyCommit(
  store: ObjectStore,
  commit: CommitEntry,
  options: SignalOptions = {},
): Promise<void> {
  await readingCommit(store, commit, options, async () => {
    const checkpoint = await readCheckpoint(store, commit, options);
    for await (const _ of readContent(store, checkpoint, options)) {
      // Verified by the reader.
    }
  });
}
