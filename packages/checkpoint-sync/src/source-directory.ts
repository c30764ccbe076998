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
import { CheckpointSyncError } from './errors.ts';
import { BLOCK_BYTES, MAX_CHECKPOINT_BYTES, MAX_FILES } from './limits.ts';
import { isSafePath } from './manifest.ts';

const READ_FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/** A file of a checkpoint's directory. */
export interface SourceFile {
  /** Relative, with slashes. */
  readonly path: string;
  readonly bytes: number;
  /** Device, inode, birth, size and last write: another one means other content. */
  readonly identity: string;
}

/** A file as it was found. */
export interface FoundFile extends SourceFile {
  /** When it was last written, in nanoseconds since 1970. Its owner can set it back. */
  readonly writtenNs: bigint;
  /** When its inode last changed: by a write too, and by links that come and go. */
  readonly changedNs: bigint;
}

/**
 * The files of a directory, those of a folder by name and before its folders. Empty directories are
 * not part of a checkpoint. Only a folder's names are held, so that thousands of files take little
 * memory.
 *
 * Files are looked at without a round through the thread pool, which takes several times as long
 * for thousands of small ones; the caller lets the event loop run in between.
 *
 * @param isKnown paths that readers take for sure, since an earlier commit has them.
 * @throws {CheckpointSyncError} `INVALID_CHECKPOINT` for anything but files and directories, and for
 *   what readers would refuse.
 */
export function* scanDirectory(
  root: string,
  isKnown: (path: string) => boolean,
): Generator<FoundFile> {
  let count = 0;
  let total = 0;
  const pending = [''];
  for (let folder = pending.pop(); folder !== undefined; folder = pending.pop()) {
    for (const name of readdirSync(`${root}/${folder}`).sort()) {
      const path = folder + name;
      const absolute = `${root}/${path}`;
      const stats = lstatSync(absolute, { bigint: true });
      if (stats.isDirectory()) {
        pending.push(`${path}/`);
        continue;
      }
      if (!stats.isFile()) {
        throw invalid(`${absolute} is neither a file nor a directory. Checkpoints hold no links`);
      }
      if (!isKnown(path) && !isSafePath(path)) {
        throw invalid(`${JSON.stringify(absolute)} has a name that readers refuse. Rename it`);
      }
      const bytes = Number(stats.size);
      count += 1;
      total += bytes;
      if (count > MAX_FILES || total > MAX_CHECKPOINT_BYTES) {
        throw invalid(`${root} has over ${MAX_FILES} files or ${MAX_CHECKPOINT_BYTES} bytes`);
      }
      const { mtimeNs: writtenNs, ctimeNs: changedNs } = stats;
      yield { path, bytes, identity: identityOf(stats), writtenNs, changedNs };
    }
  }
}

/**
 * The content of a file in pieces of at most a block. A piece is valid until the next is asked for,
 * and counts only once the last one has been taken without an error.
 *
 * @param buffer to read into, of at least a block or the file's size.
 * @throws {CheckpointSyncError} `INVALID_CHECKPOINT` when the file is no longer as it was found.
 */
export function* readSource(
  root: string,
  file: SourceFile,
  buffer: Uint8Array,
): Generator<Uint8Array> {
  const descriptor = openSync(`${root}/${file.path}`, READ_FLAGS);
  try {
    for (let left = file.bytes; left > 0; ) {
      const piece = buffer.subarray(0, Math.min(left, BLOCK_BYTES));
      for (let filled = 0; filled < piece.byteLength; ) {
        const bytes = readSync(descriptor, piece, filled, piece.byteLength - filled, null);
        if (bytes === 0) throw changed(root, file);
        filled += bytes;
      }
      left -= piece.byteLength;
      yield piece;
    }
    // Its change time may differ: the next checkpoint may link it at any moment.
    if (identityOf(fstatSync(descriptor, { bigint: true })) !== file.identity)
      throw changed(root, file);
  } finally {
    closeSync(descriptor);
  }
}

function identityOf({ dev, ino, birthtimeNs, size, mtimeNs }: BigIntStats): string {
  return `${dev}:${ino}:${birthtimeNs}:${size}:${mtimeNs}`;
}

export function changed(root: string, { path }: SourceFile): CheckpointSyncError {
  return invalid(`${root}/${path} changed while it was read, so the checkpoint is not finished`);
}

function invalid(what: string): CheckpointSyncError {
  return new CheckpointSyncError('INVALID_CHECKPOINT', `${what}. Nothing was committed.`);
}
