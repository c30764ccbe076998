import type { Extent, FileRecord } from './checkpoint.ts';

/** Stored bytes that one read brings, unless a single block has more. */
const READ_BYTES = 2 * 1024 * 1024;

/** A part of a file: bytes `from` to `to` of a decompressed block. */
export interface Piece {
  readonly file: FileRecord;
  /** Where in the file it begins. */
  readonly at: number;
  readonly from: number;
  readonly to: number;
}

export interface PlannedBlock {
  readonly stored: number;
  readonly raw: number;
  readonly pieces: readonly Piece[];
}

/** One GET: blocks that lie side by side in a pack. */
export interface PlannedRead {
  readonly key: string;
  readonly offset: number;
  readonly length: number;
  readonly blocks: readonly PlannedBlock[];
}

interface FileExtent extends Extent {
  readonly file: FileRecord;
  /** Where in the file it begins. */
  readonly at: number;
}

/**
 * The reads that bring the content of files, blocks that none of them needs left out. The pieces of
 * one extent come in order, those of different ones in any. Empty files need none.
 *
 * @param files of a checked listing: extents are inside their packs.
 */
export function planReads(files: Iterable<FileRecord>): PlannedRead[] {
  return [...extentsByPack(files).values()].flatMap(planPack);
}

/** The extents of files by the key of their pack, in the order in which they begin there. */
export function extentsByPack(files: Iterable<FileRecord>): Map<string, FileExtent[]> {
  const byPack = new Map<string, FileExtent[]>();
  for (const file of files) {
    let at = 0;
    for (const { pack, offset, bytes } of file.extents) {
      const extent = { pack, offset, bytes, file, at };
      const others = byPack.get(pack.key);
      if (others) others.push(extent);
      else byPack.set(pack.key, [extent]);
      at += bytes;
    }
  }
  for (const extents of byPack.values()) extents.sort((l, r) => l.offset - r.offset);
  return byPack;
}

function planPack(sorted: readonly FileExtent[]): PlannedRead[] {
  const pack = sorted[0]?.pack;
  if (!pack) return [];
  const reads: PlannedRead[] = [];
  let open: FileExtent[] = [];
  let next = 0;
  let offset = 0;
  let blockStart = 0;
  let run: { offset: number; stored: number; blocks: PlannedBlock[] } | null = null;
  const close = (): void => {
    if (run)
      reads.push({ key: pack.key, offset: run.offset, length: run.stored, blocks: run.blocks });
    run = null;
  };

  for (const [stored, raw] of pack.blocks) {
    const blockEnd = blockStart + raw;
    for (let extent = sorted[next]; extent && extent.offset < blockEnd; extent = sorted[next]) {
      open.push(extent);
      next += 1;
    }
    const pieces = open.map(({ file, at, offset: start, bytes }): Piece => {
      const from = Math.max(start, blockStart);
      const to = Math.min(start + bytes, blockEnd);
      return { file, at: at + from - start, from: from - blockStart, to: to - blockStart };
    });
    open = open.filter((extent) => extent.offset + extent.bytes > blockEnd);
    if (run && (pieces.length === 0 || run.stored + stored > READ_BYTES)) close();
    if (pieces.length > 0) {
      run ??= { offset, stored: 0, blocks: [] };
      run.stored += stored;
      run.blocks.push({ stored, raw, pieces });
    }
    offset += stored;
    blockStart = blockEnd;
  }
  close();
  return reads;
}
