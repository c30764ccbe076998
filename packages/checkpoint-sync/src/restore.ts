import { closeSync, mkdirSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import type { CommitEntry } from '@openevolve-aws/job-spec';
import type { ObjectStore } from '@openevolve-aws/object-store';
import type { FileRecord, Listing, StoredCheckpoint } from './checkpoint.ts';
import { CheckpointSyncError, isSyncError } from './errors.ts';
import type { JobLog, SignalOptions } from './job-log.ts';
import { readCheckpoint } from './read-checkpoint.ts';
import { readContent } from './read-content.ts';
import { readingCommit } from './reading-commit.ts';

/** A commit that could not be restored, and why. */
export interface SkippedCommit {
  readonly seq: number;
  readonly label: string;
  readonly reason: string;
}

export interface RestoreResult {
  /** The commit that was restored; null when there is none that can be. */
  readonly commit: CommitEntry | null;
  /** Newer commits that could not be used, newest first. */
  readonly skipped: readonly SkippedCommit[];
}

/**
 * Restores one commit into a directory. All of it is checked before anything is written, every file
 * is verified, and the directory appears whole, by a rename, or not at all. One process at a time
 * may restore to a target.
 *
 * @param target must not exist, or be an empty directory.
 * @throws {CheckpointSyncError} `TARGET_EXISTS`, `DAMAGED`, `MISSING`, `PRUNED`, `UNSAFE_MANIFEST`,
 *   `UNKNOWN_VERSION`
 * @example
 * const commit = (await listCommits(store)).at(-1);
 * if (commit) await restoreCommit(store, commit, '/tmp/checkpoint_120');
 */
export async function restoreCommit(
  store: ObjectStore,
  commit: CommitEntry,
  target: string,
  options: SignalOptions = {},
): Promise<void> {
  const restore = () => restoreCheckpoint(store, commit, target, options);
  await readingCommit(store, commit, options, restore);
}

/** Like {@link restoreCommit}; gives what was restored, for a session to build on. */
export async function restoreCheckpoint(
  store: ObjectStore,
  commit: CommitEntry,
  target: string,
  options: SignalOptions,
): Promise<StoredCheckpoint> {
  const final = resolve(target);
  await refuseTaken(final);
  const checkpoint = await readCheckpoint(store, commit, options);
  const temporary = join(dirname(final), `.${basename(final)}.restoring`);
  await rm(temporary, { recursive: true, force: true });
  await mkdir(temporary, { recursive: true });
  try {
    await writeContent(store, checkpoint, temporary, options);
    await rename(temporary, final);
  } catch (error) {
    await rm(temporary, { recursive: true, force: true });
    throw error;
  }
  return checkpoint;
}

/**
 * Restores the newest commit that verifies, and says which newer ones did not. Damage is believed
 * only after the log was read again and the commit failed twice, since a newer writer may have
 * pruned it, and a read may have gone wrong.
 *
 * @param afterRefresh runs after the log was read again; what it throws ends the restore.
 * @throws {CheckpointSyncError} `TARGET_EXISTS`; `UNKNOWN_VERSION`, since passing over what a newer
 *   release wrote would lose work.
 */
export async function restoreNewestOf(
  log: JobLog,
  store: ObjectStore,
  target: string,
  options: SignalOptions = {},
  afterRefresh: () => void = () => undefined,
): Promise<RestoreResult & { readonly checkpoint: StoredCheckpoint | null }> {
  const failed = new Set<number>();
  const skipped: SkippedCommit[] = [];
  for (;;) {
    const commit = log.state.commits.findLast(
      ({ seq }) => !skipped.some((skip) => skip.seq === seq),
    );
    if (!commit) return { commit: null, checkpoint: null, skipped };
    try {
      const checkpoint = await restoreCheckpoint(store, commit, target, options);
      return { commit, checkpoint, skipped };
    } catch (error) {
      if (!isSyncError(error, 'DAMAGED', 'MISSING', 'UNSAFE_MANIFEST')) throw error;
      await log.refresh(options);
      afterRefresh();
      const { seq, label } = commit;
      const isKept = log.state.commits.some((kept) => kept.seq === seq);
      if (isKept && failed.has(seq)) skipped.push({ seq, label, reason: error.message });
      failed.add(seq);
    }
  }
}

async function refuseTaken(target: string): Promise<void> {
  const isFree = await readdir(target).then(
    (names) => names.length === 0,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return true;
      if (error.code === 'ENOTDIR') return false;
      throw error;
    },
  );
  if (!isFree) {
    throw new CheckpointSyncError(
      'TARGET_EXISTS',
      `${target} is taken. Restore to a new directory, or remove that one first.`,
    );
  }
}

/**
 * Small files are written without a round through the thread pool: measured at a quarter of the
 * time. Between reads the event loop runs.
 */
async function writeContent(
  store: ObjectStore,
  checkpoint: StoredCheckpoint,
  root: string,
  options: SignalOptions,
): Promise<void> {
  for (const folder of foldersOf(checkpoint.listing)) {
    mkdirSync(join(root, folder), { recursive: true });
  }
  const open = new Map<FileRecord, number>();
  try {
    for await (const { file, content, last } of readContent(store, checkpoint, options)) {
      const path = join(root, file.path);
      if (content.byteLength === file.bytes) {
        writeFileSync(path, content, { flag: 'wx' });
        continue;
      }
      const descriptor = open.get(file) ?? openSync(path, 'wx');
      open.set(file, descriptor);
      for (let done = 0; done < content.byteLength; ) {
        done += writeSync(descriptor, content, done);
      }
      if (last) {
        open.delete(file);
        closeSync(descriptor);
      }
    }
  } finally {
    for (const descriptor of open.values()) closeSync(descriptor);
  }
}

function foldersOf(listing: Listing): Set<string> {
  const folders = new Set<string>();
  for (const path of listing.keys()) {
    const folder = dirname(path);
    if (folder !== '.') folders.add(folder);
  }
  return folders;
}
