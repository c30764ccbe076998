import {
  type BigIntStats,
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  readSync,
} from 'node:fs';
import { join } from 'node:path';
import { setImmediate as yieldToEventLoop } from 'node:timers/promises';
import { CheckpointSyncError } from './errors.ts';
import { BLOCK_BYTES, MAX_CHECKPOINT_BYTES, MAX_FILES } from './limits.ts';
import { isSafePath } from './manifest.ts';

const FILES_PER_TURN = 500;
const READ_FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/** A file of a checkpoint's directory as found. `stamp` changes whenever its content does. */
export interface SourceFile {
  /** Relative, with slashes. */
  readonly path: string;
  readonly absolute: string;
  readonly bytes: number;
  readonly stamp: string;
  /** When its inode last changed, in milliseconds since 1970. */
  readonly changedMs: number;
}

/**
 * All files of a directory, by path. Empty directories are not part of a checkpoint.
 *
 * Files are looked at without a round through the thread pool, which takes several times as long
 * for thousands of small ones; the event loop runs in between.
 *
 * @throws {CheckpointSyncError} `INVALID_CHECKPOINT` for anything but files and directories, and for
 *   what readers would refuse.
 */
export async function scanDirectory(root: string): Promise<SourceFile[]> {
  const files: SourceFile[] = [];
  const pending = [''];
  let total = 0;
  for (let folder = pending.pop(); folder !== undefined; folder = pending.pop()) {
    for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
      const absolute = join(root, path);
      if (entry.isDirectory()) {
        pending.push(path);
        continue;
      }
      const stats = lstatSync(absolute, { bigint: true });
      if (!stats.isFile()) {
        throw invalid(`${absolute} is neither a file nor a directory. Checkpoints hold no links`);
      }
      if (!isSafePath(path)) {
        throw invalid(`${JSON.stringify(absolute)} has a name that readers refuse. Rename it`);
      }
      const changedMs = Number(stats.ctimeMs);
      files.push({ path, absolute, bytes: Number(stats.size), stamp: stampOf(stats), changedMs });
      total += Number(stats.size);
      if (files.length > MAX_FILES || total > MAX_CHECKPOINT_BYTES) {
        throw invalid(`${root} has over ${MAX_FILES} files or ${MAX_CHECKPOINT_BYTES} bytes`);
      }
      if (files.length % FILES_PER_TURN === 0) await yieldToEventLoop();
    }
  }
  return files.sort((left, right) => (left.path < right.path ? -1 : 1));
}

/**
 * The content of a file in pieces of at most a block. A piece is valid until the next is asked for,
 * and counts only once the last one has been taken without an error.
 *
 * @param buffer to read into, of at least a block or the file's size.
 * @throws {CheckpointSyncError} `INVALID_CHECKPOINT` when the file is no longer as it was found.
 */
export function* readSource(file: SourceFile, buffer: Uint8Array): Generator<Uint8Array> {
  const descriptor = openSync(file.absolute, READ_FLAGS);
  try {
    for (let left = file.bytes; left > 0; ) {
      const bytes = readSync(descriptor, buffer, 0, Math.min(left, BLOCK_BYTES), null);
      if (bytes === 0) throw changed(file);
      left -= bytes;
      yield buffer.subarray(0, bytes);
    }
    if (stampOf(fstatSync(descriptor, { bigint: true })) !== file.stamp) throw changed(file);
  } finally {
    closeSync(descriptor);
  }
}

function stampOf({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): string {
  return `${dev}:${ino}:${size}:${mtimeNs}:${ctimeNs}`;
}

export function changed(file: SourceFile): CheckpointSyncError {
  return invalid(`${file.absolute} changed while it was read, so the checkpoint is not finished`);
}

function invalid(what: string): CheckpointSyncError {
  return new CheckpointSyncError('INVALID_CHECKPOINT', `${what}. Nothing was committed.`);
}
