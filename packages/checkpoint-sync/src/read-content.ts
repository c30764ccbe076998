import { createHash, type Hash } from 'node:crypto';
import type { ObjectStore } from '@openevolve-aws/object-store';
import { decompressBlock, release } from './block-codec.ts';
import type { FileRecord, StoredCheckpoint } from './checkpoint.ts';
import { inOrder } from './in-order.ts';
import type { SignalOptions } from './job-log.ts';
import { damaged, readPart } from './read-checkpoint.ts';
import { type Piece, type PlannedRead, planReads } from './read-plan.ts';

/** Stored bytes that are under way at the same time; small reads count as more than they bring. */
const BYTES_AT_ONCE = 8 * 1024 * 1024;
const LEAST_WEIGHT = BYTES_AT_ONCE / 32;
const DECOMPRESSED_AT_ONCE = 3;

/** Content of a file, in order; the last piece is only given once the whole file has its hash. */
export interface ContentPiece {
  readonly file: FileRecord;
  readonly content: Uint8Array;
  readonly last: boolean;
}

/**
 * Reads and verifies the content of a checkpoint. Holds a bounded amount of it in memory, however
 * large the files are: only those in several extents are put together there. Empty files are given too, first.
 *
 * @throws {CheckpointSyncError} `DAMAGED` or `MISSING`, with the pack and the file
 */
export async function* readContent(
  store: ObjectStore,
  { listing }: StoredCheckpoint,
  options: SignalOptions = {},
): AsyncGenerator<ContentPiece> {
  const partial = new Map<FileRecord, { hash: Hash; bytes: number }>();
  const scattered = new Map<FileRecord, { content: Uint8Array; bytes: number }>();
  for (const file of listing.values()) {
    if (file.extents.length > 0) continue;
    checkHash(file, createHash('sha256'));
    yield { file, content: new Uint8Array(), last: true };
  }
  const blocks = storedBlocks(store, planReads(listing.values()), options);
  for await (const { content: block, pieces } of inOrder(
    blocks,
    DECOMPRESSED_AT_ONCE,
    decompress,
  )) {
    for (const { file, at, from, to } of pieces) {
      const content = block.subarray(from, to);
      if (file.extents.length > 1) {
        const state = scattered.get(file) ?? { content: new Uint8Array(file.bytes), bytes: 0 };
        state.content.set(content, at);
        state.bytes += content.byteLength;
        scattered.set(file, state);
        if (state.bytes < file.bytes) continue;
        scattered.delete(file);
        checkHash(file, createHash('sha256').update(state.content));
        yield { file, content: state.content, last: true };
        continue;
      }
      const state = partial.get(file) ?? { hash: createHash('sha256'), bytes: 0 };
      state.hash.update(content);
      state.bytes += content.byteLength;
      const last = state.bytes === file.bytes;
      if (last) {
        checkHash(file, state.hash);
        partial.delete(file);
      } else partial.set(file, state);
      yield { file, content, last };
    }
    release(block);
  }
}

interface StoredBlock {
  readonly key: string;
  readonly stored: Uint8Array;
  readonly raw: number;
  readonly pieces: readonly Piece[];
  /** To be called once `stored` is not needed any more. */
  readonly done: () => void;
}

/** The blocks that planned reads bring, in order. */
async function* storedBlocks(
  store: ObjectStore,
  reads: readonly PlannedRead[],
  options: SignalOptions,
): AsyncGenerator<StoredBlock> {
  const read = async (planned: PlannedRead) => {
    const { key, offset, length } = planned;
    return { planned, part: await readPart(store, key, offset, length, options) };
  };
  const weigh = ({ length }: PlannedRead): number => Math.max(length, LEAST_WEIGHT);
  for await (const { planned, part } of inOrder(reads, BYTES_AT_ONCE, read, weigh)) {
    let start = 0;
    let left = planned.blocks.length;
    const done = (): void => {
      left -= 1;
      if (left === 0) release(part);
    };
    for (const { stored: length, raw, pieces } of planned.blocks) {
      const stored = part.subarray(start, start + length);
      start += length;
      yield { key: planned.key, stored, raw, pieces, done };
    }
  }
}

async function decompress({ key, stored, raw, pieces, done }: StoredBlock) {
  let content: Uint8Array;
  try {
    content = await decompressBlock(stored, raw);
  } catch (cause) {
    throw damaged(key, 'a block cannot be decompressed to its declared size', cause);
  } finally {
    done();
  }
  if (content.byteLength !== raw) throw damaged(key, 'a block is shorter than declared');
  return { content, pieces };
}

function checkHash(file: FileRecord, hash: Hash): void {
  if (hash.digest('hex') !== file.sha256) {
    const pack = file.extents[0]?.pack.key ?? 'the manifest';
    throw damaged(pack, `${JSON.stringify(file.path)} does not have its hash`);
  }
}
