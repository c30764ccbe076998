import { createHash, type Hash } from 'node:crypto';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import type { ObjectStore } from '@openevolve-aws/object-store';
import type { FileRecord, StoredCheckpoint } from './checkpoint.ts';
import { inOrder } from './in-order.ts';
import type { SignalOptions } from './job-log.ts';
import { damaged, readPart } from './read-checkpoint.ts';
import { type PlannedRead, planReads } from './read-plan.ts';

const READS_AT_ONCE = 6;
const decompress = promisify(gunzip);

/** Content of a file, in order; the last piece is only given once the whole file has its hash. */
export interface ContentPiece {
  readonly file: FileRecord;
  readonly content: Uint8Array;
  readonly last: boolean;
}

/**
 * Reads and verifies the content of a checkpoint. Holds a bounded amount of it in memory, however
 * large the files are. Empty files are given too, first.
 *
 * @throws {CheckpointSyncError} `DAMAGED` or `MISSING`, with the pack and the file
 */
export async function* readContent(
  store: ObjectStore,
  { listing }: StoredCheckpoint,
  options: SignalOptions = {},
): AsyncGenerator<ContentPiece> {
  const partial = new Map<FileRecord, { hash: Hash; bytes: number }>();
  for (const file of listing.values()) {
    if (file.place) continue;
    checkHash(file, createHash('sha256'));
    yield { file, content: new Uint8Array(), last: true };
  }
  const fetch = (read: PlannedRead): Promise<Uint8Array[]> => fetchBlocks(store, read, options);
  const reads = planReads(listing.values());
  let index = 0;
  for await (const contents of inOrder(reads, READS_AT_ONCE, fetch)) {
    const blocks = reads[index++]?.blocks ?? [];
    for (const [position, block] of contents.entries()) {
      for (const { file, from, to } of blocks[position]?.pieces ?? []) {
        const content = block.subarray(from, to);
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
    }
  }
}

async function fetchBlocks(
  store: ObjectStore,
  { key, offset, length, blocks }: PlannedRead,
  options: SignalOptions,
): Promise<Uint8Array[]> {
  const part = await readPart(store, key, offset, length, options);
  let start = 0;
  return Promise.all(
    blocks.map(async ({ stored, raw }) => {
      const block = part.subarray(start, start + stored);
      start += stored;
      let content: Uint8Array;
      try {
        content = await decompress(block, { maxOutputLength: raw });
      } catch (cause) {
        throw damaged(key, 'a block cannot be decompressed to its declared size', cause);
      }
      if (content.byteLength !== raw) throw damaged(key, 'a block is shorter than declared');
      return content;
    }),
  );
}

function checkHash(file: FileRecord, hash: Hash): void {
  if (hash.digest('hex') !== file.sha256) {
    const pack = file.place?.pack.key ?? 'the manifest';
    throw damaged(pack, `${JSON.stringify(file.path)} does not have its hash`);
  }
}
