import { createHash } from 'node:crypto';
import { setImmediate as yieldToEventLoop } from 'node:timers/promises';
import type { FileRecord, Listing, Place } from './checkpoint.ts';
import { BLOCK_BYTES } from './limits.ts';
import type { PackBuilder } from './pack-builder.ts';
import { changed, readSource, type SourceFile, scanDirectory } from './source-directory.ts';

/** Coarser than the time stamps of any local file system. */
const STAMP_GRAIN_MS = 100;
const BYTES_PER_TURN = BLOCK_BYTES;

/** What is known of content before a capture. */
export interface KnownContent {
  readonly listing: Listing;
  /** Stamps of the files of `listing` whose content they prove, by path. */
  readonly stamps: ReadonlyMap<string, string>;
}

export interface Capture {
  readonly listing: Map<string, FileRecord>;
  readonly stamps: Map<string, string>;
  readonly bytes: number;
}

/**
 * Lists a directory's files and adds content that is not known yet to a pack, each content once.
 *
 * @param fullCheck reads every file, whatever its stamp says.
 * @throws {CheckpointSyncError} `INVALID_CHECKPOINT`
 */
export async function captureDirectory(
  directory: string,
  known: KnownContent,
  builder: PackBuilder,
  fullCheck: boolean,
): Promise<Capture> {
  const startedMs = Date.now();
  const places = new Map<string, Place | null>();
  for (const { sha256, place } of known.listing.values()) places.set(sha256, place);
  const listing = new Map<string, FileRecord>();
  const stamps = new Map<string, string>();
  let bytes = 0;
  let bytesInTurn = 0;
  const files = await scanDirectory(directory);
  const largest = files.reduce((most, file) => Math.max(most, file.bytes), 0);
  const buffer = Buffer.allocUnsafe(Math.min(largest, BLOCK_BYTES));

  for (const file of files) {
    const before = known.listing.get(file.path);
    const unchanged = !fullCheck && before && known.stamps.get(file.path) === file.stamp;
    const record = unchanged ? before : await capture(file, buffer, places, builder);
    listing.set(file.path, record);
    // A stamp proves nothing while a later write could still leave the same one.
    if (file.changedMs < startedMs - STAMP_GRAIN_MS) stamps.set(file.path, file.stamp);
    bytes += file.bytes;
    if (!unchanged) bytesInTurn += file.bytes;
    if (bytesInTurn >= BYTES_PER_TURN) {
      bytesInTurn = 0;
      await yieldToEventLoop();
    }
  }
  return { listing, stamps, bytes };
}

async function capture(
  file: SourceFile,
  buffer: Uint8Array,
  places: Map<string, Place | null>,
  builder: PackBuilder,
): Promise<FileRecord> {
  const { path, bytes } = file;
  // One piece stays valid in the buffer, so a small file is read once and a large one twice.
  const small = bytes <= BLOCK_BYTES ? [...readSource(file, buffer)] : null;
  const sha256 = await hash(small ?? readSource(file, buffer));
  let place = bytes === 0 ? null : places.get(sha256);
  if (place === undefined) {
    place = { pack: builder.pack, offset: builder.offset };
    const check = createHash('sha256');
    for (const piece of small ?? readSource(file, buffer)) {
      if (!small) check.update(piece);
      await builder.add(piece);
    }
    if (!small && check.digest('hex') !== sha256) throw changed(file);
    places.set(sha256, place);
  }
  return { path, bytes, sha256, place };
}

async function hash(pieces: Iterable<Uint8Array>): Promise<string> {
  const sum = createHash('sha256');
  for (const piece of pieces) {
    sum.update(piece);
    if (piece.byteLength === BLOCK_BYTES) await yieldToEventLoop();
  }
  return sum.digest('hex');
}
