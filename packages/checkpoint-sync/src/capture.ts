import { createHash, hash } from 'node:crypto';
import { resolve } from 'node:path';
import { setImmediate as yieldToEventLoop } from 'node:timers/promises';
import type { FileRecord, Listing, Place } from './checkpoint.ts';
import { BLOCK_BYTES } from './limits.ts';
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
const NOTHING = new Uint8Array();

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
}

export const NO_EVIDENCE: Evidence = { directory: '', stamps: new Map(), fullCheckMs: 0 };

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
  const places = new Map<string, Place | null>();
  for (const { sha256, place } of known.listing.values()) places.set(sha256, place);
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
  await readFiles(root, unread, places, builder, listing);
  return { listing, evidence: { directory: root, stamps, fullCheckMs }, bytes };
}

async function readFiles(
  root: string,
  files: readonly SourceFile[],
  places: Map<string, Place | null>,
  builder: PackBuilder,
  listing: Map<string, FileRecord>,
): Promise<void> {
  const largest = files.reduce((most, file) => Math.max(most, file.bytes), 0);
  const buffer = Buffer.allocUnsafeSlow(Math.min(largest, BLOCK_BYTES));
  let bytesInTurn = 0;
  for (const file of files) {
    listing.set(file.path, await capture(root, file, buffer, places, builder));
    bytesInTurn += file.bytes;
    if (bytesInTurn >= BYTES_PER_TURN) {
      bytesInTurn = 0;
      await yieldToEventLoop();
    }
  }
}

function proves(stamp: Stamp, file: FoundFile, believesLinks: boolean): boolean {
  if (stamp.identity !== file.identity) return false;
  return stamp.changedNs === file.changedNs || believesLinks;
}

async function capture(
  root: string,
  file: SourceFile,
  buffer: Uint8Array,
  places: Map<string, Place | null>,
  builder: PackBuilder,
): Promise<FileRecord> {
  const { path, bytes } = file;
  // A small file is read once: its only piece stays valid. A large one is read again to be stored.
  const [small = NOTHING] = bytes <= BLOCK_BYTES ? [...readSource(root, file, buffer)] : [null];
  const sha256 = small ? hash('sha256', small) : await hashLarge(root, file, buffer);
  let place = bytes === 0 ? null : places.get(sha256);
  if (place === undefined) {
    place = { pack: builder.pack, offset: builder.offset };
    if (small) await builder.add(small);
    else if ((await hashLarge(root, file, buffer, builder)) !== sha256) throw changed(root, file);
    places.set(sha256, place);
  }
  return { path, bytes, sha256, place };
}

/** Reads a file of many blocks, and adds it to a pack if there is one. */
async function hashLarge(
  root: string,
  file: SourceFile,
  buffer: Uint8Array,
  builder?: PackBuilder,
): Promise<string> {
  const sum = createHash('sha256');
  for (const piece of readSource(root, file, buffer)) {
    sum.update(piece);
    await (builder ? builder.add(piece) : yieldToEventLoop());
  }
  return sum.digest('hex');
}
