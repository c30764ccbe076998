import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { CommitEntry, PackReference } from '@openevolve-aws/job-spec';
import { isStoreError, type ObjectStore } from '@openevolve-aws/object-store';
import type { Layer, Listing, Pack, StoredCheckpoint } from './checkpoint.ts';
import { CheckpointSyncError } from './errors.ts';
import { inOrder } from './in-order.ts';
import type { SignalOptions } from './job-log.ts';
import { applyChanges, weight } from './layers.ts';
import {
  MAX_BLOCKS,
  MAX_CHANGES,
  MAX_CHECKPOINT_BYTES,
  MAX_FILES,
  MAX_SCATTERED_BYTES,
  MAX_STORED_MANIFEST_BYTES,
} from './limits.ts';
import { checkPackKey, decodeManifest, unsafe } from './manifest.ts';

/**
 * Reads what a commit is made of, and refuses it when anything about it is unsafe.
 *
 * @throws {CheckpointSyncError} `DAMAGED`, `MISSING`, `UNSAFE_MANIFEST`, `UNKNOWN_VERSION`
 */
export async function readCheckpoint(
  store: ObjectStore,
  commit: CommitEntry,
  options: SignalOptions = {},
): Promise<StoredCheckpoint> {
  const packs = new Map<string, Pack>();
  let changes = 0;
  const read = async (reference: PackReference) => ({
    reference,
    stored: await readManifest(store, reference, commit.generation, options),
  });
  // One after the other, and counted: each may be as large as a manifest can be.
  const decode = async ({ reference, stored }: Awaited<ReturnType<typeof read>>) => {
    const manifest = await decodeManifest(stored, commit.generation, reference.key, packs);
    changes += weight(manifest.changes) + joints(manifest.changes.files);
    const blocks = [...packs.values()].reduce((sum, pack) => sum + pack.blocks.length, 0);
    if (changes > MAX_CHANGES || blocks > MAX_BLOCKS) {
      throw unsafe(
        commit.pack.key,
        `layers of over ${MAX_CHANGES} changes or ${MAX_BLOCKS} blocks`,
      );
    }
    return manifest;
  };
  const top = await decode(await read(commit.pack));
  const layers: Layer[] = [];
  const weigh = ({ manifest }: PackReference): number => manifest.length;
  for await (const layer of inOrder(top.layers, MAX_STORED_MANIFEST_BYTES, read, weigh)) {
    const manifest = await decode(layer);
    if (!isDeepStrictEqual(manifest.layers, top.layers.slice(0, layers.length))) {
      throw unsafe(commit.pack.key, 'layers that do not build on each other');
    }
    layers.push({ reference: layer.reference, changes: manifest.changes });
  }
  layers.push({ reference: commit.pack, changes: top.changes });
  const listing = applyChanges(layers.map(({ changes }) => changes));
  checkListing(listing, commit);
  return { listing, layers };
}

async function readManifest(
  store: ObjectStore,
  { key, bytes, manifest }: PackReference,
  generation: number,
  options: SignalOptions,
): Promise<Uint8Array> {
  const { offset, length, sha256 } = manifest;
  checkPackKey(key, generation, key);
  if (length > MAX_STORED_MANIFEST_BYTES || offset + length > bytes) {
    throw unsafe(key, `${length} bytes from ${offset} on in a pack of ${bytes}`);
  }
  const stored = await readPart(store, key, offset, length, options);
  if (createHash('sha256').update(stored).digest('hex') !== sha256) {
    throw damaged(key, 'its manifest does not have the hash that the log gives');
  }
  return stored;
}

/** A part of a pack, with the store's errors in terms of the commit. */
export async function readPart(
  store: ObjectStore,
  key: string,
  offset: number,
  length: number,
  options: SignalOptions,
): Promise<Uint8Array> {
  let part: Uint8Array;
  try {
    part = await store.getRange(key, { offset, length }, options);
  } catch (cause) {
    if (isStoreError(cause, 'NOT_FOUND')) {
      throw new CheckpointSyncError('MISSING', `${key} is gone from the store.`, { cause });
    }
    if (isStoreError(cause, 'INVALID_RANGE')) throw damaged(key, 'it is too short', cause);
    throw cause;
  }
  if (part.byteLength !== length) throw damaged(key, 'the store gave too few bytes');
  return part;
}

export function damaged(key: string, why: string, cause?: unknown): CheckpointSyncError {
  return new CheckpointSyncError('DAMAGED', `${key} is damaged: ${why}.`, { cause });
}

/** How many extents files have beyond their first. */
function joints(files: Listing): number {
  let count = 0;
  for (const { extents } of files.values()) count += Math.max(0, extents.length - 1);
  return count;
}

/** What only the whole listing shows. */
function checkListing(listing: Listing, { pack, files, bytes }: CommitEntry): void {
  let total = 0;
  let scattered = 0;
  for (const file of listing.values()) {
    total += file.bytes;
    if (file.extents.length > 1) scattered += file.bytes;
    for (let at = file.path.lastIndexOf('/'); at > 0; at = file.path.lastIndexOf('/', at - 1)) {
      if (listing.has(file.path.slice(0, at))) {
        throw unsafe(pack.key, `${JSON.stringify(file.path)} inside of a file`);
      }
    }
  }
  if (listing.size > MAX_FILES || total > MAX_CHECKPOINT_BYTES) {
    throw unsafe(pack.key, `${listing.size} files of ${total} bytes, more than any checkpoint`);
  }
  if (scattered > MAX_SCATTERED_BYTES) {
    throw unsafe(pack.key, `over ${MAX_SCATTERED_BYTES} bytes of files in several extents`);
  }
  if (listing.size !== files || total !== bytes) {
    const found = `${listing.size} files of ${total} bytes`;
    throw unsafe(pack.key, `${found} where the log gives ${files} of ${bytes}`);
  }
}
