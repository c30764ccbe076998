import type { FileRecord } from './checkpoint.ts';

/** Stored bytes that one read brings, unless a single block has more. */
const READ_BYTES = 2 * 1024 * 1024;

/** A part of a file: bytes `from` to `to` of a decompressed block. */
export interface Piece {
  readonly file: FileRecord;
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

/**
 * The reads that bring the content of files, blocks that none of them needs left out. The pieces of
 * one file come in order. Empty files need none.
 *
 * @param files of a checked listing: places are inside their packs.
 */
export function planReads(files: Iterable<FileRecord>): PlannedRead[] {
  const byPack = new Map<string, FileRecord[]>();
  for (const file of files) {
    if (!file.place) continue;
    const sharers = byPack.get(file.place.pack.key);
    if (sharers) sharers.push(file);
    else byPack.set(file.place.pack.key, [file]);
  }
  return [...byPack.values()].flatMap(planPack);
}

function planPack(files: readonly FileRecord[]): PlannedRead[] {
  const pack = files[0]?.place?.pack;
  if (!pack) return [];
  const sorted = files.toSorted((l, r) => (l.place?.offset ?? 0) - (r.place?.offset ?? 0));
  const reads: PlannedRead[] = [];
  let open: FileRecord[] = [];
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
    for (
      let file = sorted[next];
      file?.place && file.place.offset < blockEnd;
      file = sorted[next]
    ) {
      open.push(file);
      next += 1;
    }
    const pieces = open.map((file): Piece => {
      const start = file.place?.offset ?? 0;
      return {
        file,
        from: Math.max(start, blockStart) - blockStart,
        to: Math.min(start + file.bytes, blockEnd) - blockStart,
      };
    });
    open = open.filter((file) => (file.place?.offset ?? 0) + file.bytes > blockEnd);
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
