import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CommitEntry } from '@openevolve-aws/job-spec';
import { fileBody, type ObjectStore } from '@openevolve-aws/object-store';
import { outputKeys } from '@openevolve-aws/s3-layout';
import { inOrder } from './in-order.ts';
import type { SignalOptions } from './job-log.ts';
import { readingCommit } from './reading-commit.ts';
import { restoreCheckpoint } from './restore.ts';

const UPLOADS_AT_ONCE = 16;
const DELETED_AT_ONCE = 1000;
/** OpenEvolve takes a directory with it for a checkpoint, so it comes last. */
const MARKER = 'metadata.json';

/**
 * Writes a commit as plain files to `checkpoints/<label>/`, for tools that know nothing of packs.
 * It is restored and verified before the first file is written. Repeat it after a crash: what an
 * earlier, other export left under the label is removed.
 *
 * The names are fixed ones: only the newest generation may write them. Call
 * `Session.assertNewest` right before.
 *
 * @throws {CheckpointSyncError} as {@link restoreCommit}
 * @example
 * await session.assertNewest();
 * await exportPlain(store, commit);
 */
export async function exportPlain(
  store: ObjectStore,
  commit: CommitEntry,
  options: SignalOptions = {},
): Promise<void> {
  const prefix = outputKeys.checkpoint(commit.label);
  const folder = await mkdtemp(join(tmpdir(), 'openevolve-aws-export-'));
  try {
    const target = join(folder, 'checkpoint');
    const restore = () => restoreCheckpoint(store, commit, target, options);
    const { listing } = await readingCommit(store, commit, options, restore);
    const upload = async (path: string): Promise<void> =>
      store.putStream(prefix + path, await fileBody(join(target, path)), options);

    const stale: string[] = [];
    for await (const { key } of store.list(prefix, options)) {
      const path = key.slice(prefix.length);
      if (path === MARKER || !listing.has(path)) stale.push(key);
    }
    stale.sort(
      (left, right) => Number(right === prefix + MARKER) - Number(left === prefix + MARKER),
    );
    for (let at = 0; at < stale.length; at += DELETED_AT_ONCE) {
      await store.delete(stale.slice(at, at + DELETED_AT_ONCE), options);
    }
    const paths = [...listing.keys()].filter((path) => path !== MARKER);
    for await (const _ of inOrder(paths, UPLOADS_AT_ONCE, upload)) {
      // Nothing to collect.
    }
    if (listing.has(MARKER)) await upload(MARKER);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
