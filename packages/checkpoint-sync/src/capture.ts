import { createHash, hash } from 'node:crypto';
import { resolve } from 'node:path';
import { setImmediate as yieldToEventLoop } from 'node:timers/promises';
import type { Extent, FileRecord, Listing } from './checkpoint.ts';
import { ChunkedFile, type Chunks, MOST_EXTENTS } from './content-chunks.ts';
import { BLOCK_BYTES, MAX_SCATTERED_BYTES } from './limits.ts';
import type { PackBuilder } from './pack-builder.ts';
import {
  changed,
  type FoundFile,
  readSource,
  type SourceFile,
  scanDirectory,
} from './source-directory.ts';

/** Coarser than the time stamps of any local file system. */
const STAMP_GRAIN_NS = 100_000_000n;
/** How long it may be since every file was read while inodes that were linked anew are believed. */
const FULL_CHECK_MS = 60_000;
const BYTES_PER_TURN = BLOCK_BYTES;
const FILES_PER_TURN = 500;
/** Below, a file is not worth the account of its chunks. */
const LEAST_CHUNKED_BYTES = 32 * 1024;
const NOTHING = new Uint8Array();
const NO_CHUNKS: Chunks = new Map();

/** What proves, in a later capture, that a file still has the content that was read. */
interface Stamp {
  readonly identity: string;
  /** Null when a later write could still leave the same time. */
  readonly changedNs: bigint | null;
}

/** What a capture saw of its files. */
export interface Evidence {
  readonly directory: string;
  readonly stamps: ReadonlyMap<string, Stamp>;
  /** When all files had last been read, by `performance.now()`. */
  readonly fullCheckMs: number;
  /** Of files whose next content will be stored as a difference. */
  readonly chunks: ReadonlyMap<string, Chunks>;
}

export const NO_EVIDENCE: Evidence = {
  directory: '',
  stamps: new Map(),
  fullCheckMs: 0,
  chunks: new Map(),
};

/** What is known of content before a capture. */
export interface KnownContent {
  readonly listing: Listing;
  /** Of the files of `listing`. */
  readonly evidence: Evidence;
}

export interface Capture {
  readonly listing: Map<string, FileRecord>;
  readonly evidence: Evidence;
  readonly bytes: number;
}

/**
 * Lists a directory's files and adds content that is not known yet to a pack, each content once.
 *
 * A file is not read again while its inode, size and times are as before. Linking a file into the
 * next checkpoint sets its change time, as a write would. In a new directory that time is therefore
 * left out of account, so that a write whose modification time was set back escapes, but not for
 * long: once all files were last read a minute ago, all are read again.
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
  const startedMs = performance.now();
  const youngNs = BigInt(Date.now()) * 1_000_000n - STAMP_GRAIN_NS;
  const root = resolve(directory);
  const { evidence } = known;
  const isNewPlace = root !== evidence.directory;
  const believesLinks = isNewPlace && startedMs - evidence.fullCheckMs < FULL_CHECK_MS;
  const listing = new Map<string, FileRecord>();
  const stamps = new Map<string, Stamp>();
  const unread: SourceFile[] = [];
  let bytes = 0;
  let looked = 0;

  // All are looked at before one is read, so that a file that changes meanwhile is noticed.
  for (const file of scanDirectory(root, (path) => known.listing.has(path))) {
    const { path, bytes: size, identity, changedNs } = file;
    const before = known.listing.get(path);
    const proof = fullCheck ? undefined : evidence.stamps.get(path);
    const isUnchanged = before && proof && proves(proof, file, believesLinks);
    if (isUnchanged) listing.set(before.path, before);
    else unread.push({ path, bytes: size, identity });
    // A time proves nothing while a later write could still leave the same one.
    if (isUnchanged || file.writtenNs < youngNs) {
      stamps.set(before?.path ?? path, {
        // An old text that is kept is one less to be collected.
        identity: isUnchanged ? proof.identity : identity,
        changedNs: changedNs < youngNs ? changedNs : null,
      });
    }
    bytes += size;
    looked += 1;
    if (looked % FILES_PER_TURN === 0) await yieldToEventLoop();
  }
  const fullCheckMs = listing.size === 0 ? startedMs : evidence.fullCheckMs;
  const chunks = await readFiles(root, unread, known, builder, listing);
  return { listing, evidence: { directory: root, stamps, fullCheckMs, chunks }, bytes };
}

/** Adds files to the listing, and gives the chunks of all that it has. */
async function readFiles(
  root: string,
  files: readonly SourceFile[],
  known: KnownContent,
  builder: PackBuilder,
  listing: Map<string, FileRecord>,
): Promise<Map<string, Chunks>> {
  const stored: StoredContents = { builder, bySha256: new Map(), chunks: new Map() };
  for (const { sha256, extents } of known.listing.values()) stored.bySha256.set(sha256, extents);
  let chunkedBytes = 0;
  let scatteredBytes = 0;
  const count = (file: FileRecord): void => {
    if (stored.chunks.has(file.path)) chunkedBytes += file.bytes;
    scatteredBytes += scatteredBytesOf(file);
  };
  for (const [path, chunks] of known.evidence.chunks) {
    if (listing.has(path)) stored.chunks.set(path, chunks);
  }
  for (const file of listing.values()) count(file);
  // What is still to be read may turn out to be as before: its room is not for others.
  for (const { path } of files) scatteredBytes += scatteredBytesOf(known.listing.get(path));

  const largest = files.reduce((most, file) => Math.max(most, file.bytes), 0);
  const buffer = Buffer.allocUnsafeSlow(Math.min(largest, BLOCK_BYTES));
  let bytesInTurn = 0;
  for (const file of files) {
    const before = known.listing.get(file.path);
    scatteredBytes -= scatteredBytesOf(before);
    const mayScatter = scatteredBytes + file.bytes <= MAX_SCATTERED_BYTES;
    // What has changed before will change again; what is new takes the room that is left.
    const mostChunked = before ? 2 * MAX_SCATTERED_BYTES : MAX_SCATTERED_BYTES;
    const mayChunk = chunkedBytes + file.bytes <= mostChunked;
    const knownChunks = known.evidence.chunks.get(file.path);
    const past = { before, chunks: (before && knownChunks) ?? NO_CHUNKS, mayScatter, mayChunk };
    const record = await capture(root, file, buffer, stored, past);
    listing.set(file.path, record);
    count(record);
    bytesInTurn += file.bytes;
    if (bytesInTurn >= BYTES_PER_TURN) {
      bytesInTurn = 0;
      await yieldToEventLoop();
    }
  }
  return stored.chunks;
}

/** What of contents lies in the store, or will with the pack that is being built. */
interface StoredContents {
  readonly builder: PackBuilder;
  readonly bySha256: Map<string, readonly Extent[]>;
  /** By path. */
  readonly chunks: Map<string, Chunks>;
}

/** What is known of a file before it is read. */
interface Past {
  readonly before: FileRecord | undefined;
  /** Of its content as it was before. */
  readonly chunks: Chunks;
  /** Whether readers have room for it in several extents. */
  readonly mayScatter: boolean;
  /** Whether there is room for an account of its chunks. */
  readonly mayChunk: boolean;
}

/** What a reader has to put together in memory of a file. */
function scatteredBytesOf(file: FileRecord | undefined): number {
  return file && file.extents.length > 1 ? file.bytes : 0;
}

function proves(stamp: Stamp, file: FoundFile, believesLinks: boolean): boolean {
  if (stamp.identity !== file.identity) return false;
  return stamp.changedNs === file.changedNs || believesLinks;
}

async function capture(
  root: string,
  file: SourceFile,
  buffer: Uint8Array,
  { builder, bySha256, chunks }: StoredContents,
  { before, chunks: known, mayScatter, mayChunk }: Past,
): Promise<FileRecord> {
  const { path, bytes } = file;
  // A small file is read once: its only piece stays valid. A large one is read again to be stored.
  const [small = NOTHING] = bytes <= BLOCK_BYTES ? [...readSource(root, file, buffer)] : [null];
  const sha256 = small ? hash('sha256', small) : await hashLarge(root, file, buffer);
  if (bytes === 0) return { path, bytes, sha256, extents: [] };
  if (before?.sha256 === sha256) {
    if (mayChunk && known.size > 0) chunks.set(path, known);
    return { path, bytes, sha256, extents: before.extents };
  }
  const copied = bySha256.get(sha256);
  if (copied && (copied.length === 1 || mayScatter)) {
    return { path, bytes, sha256, extents: copied };
  }
  const whole = { pack: builder.pack, offset: builder.offset, bytes };
  const isChunked = bytes >= LEAST_CHUNKED_BYTES && mayScatter && mayChunk;
  const isDifference = before && before.extents.length <= MOST_EXTENTS;
  const chunked = isChunked && new ChunkedFile(builder, isDifference ? known : NO_CHUNKS);
  const to = chunked || builder;
  if (small) await to.add(small);
  else if ((await hashLarge(root, file, buffer, to)) !== sha256) throw changed(root, file);
  if (chunked) chunks.set(path, chunked.chunks);
  const extents = chunked ? chunked.extents : [whole];
  bySha256.set(sha256, extents);
  return { path, bytes, sha256, extents };
}

/** Reads a file of many blocks, and adds it to what is given. */
async function hashLarge(
  root: string,
  file: SourceFile,
  buffer: Uint8Array,
  to?: Pick<PackBuilder, 'add'>,
): Promise<string> {
  const sum = createHash('sha256');
  for (const piece of readSource(root, file, buffer)) {
    sum.update(piece);
    await (to ? to.add(piece) : yieldToEventLoop());
  }
  return sum.digest('hex');
}
