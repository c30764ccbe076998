/** A change of the engine's source: it must be found, exactly once. */
export interface Change {
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

export interface Variant {
  readonly changes: readonly Change[];
  /** Files that never change: so many that a manifest builds on the one that lists them. */
  readonly lasting: number;
  /** Whether there are files that are large enough to be stored as differences. */
  readonly journals: boolean;
}

/**
 * Smaller numbers than the product's, so that a short schedule prunes and compacts often, and cuts small files. Seeds take
 * turns between the variants.
 */
export const variants: readonly [Variant, ...Variant[]] = [
  {
    lasting: 8,
    journals: false,
    changes: [
      { file: 'retention.ts', from: 'const NEWEST = 10;', to: 'const NEWEST = 2;' },
      { file: 'retention.ts', from: 'const PARTS = 10;', to: 'const PARTS = 1;' },
      { file: 'prune.ts', from: 'const DROPPED_AT_ONCE = 10;', to: 'const DROPPED_AT_ONCE = 1;' },
      {
        file: 'prune.ts',
        from: 'const UNSUMMED_ENTRIES = 100;',
        to: 'const UNSUMMED_ENTRIES = 6;',
      },
      { file: 'job-log.ts', from: 'const READS_AT_ONCE = 32;', to: 'const READS_AT_ONCE = 2;' },
      { file: 'limits.ts', from: 'MAX_LAYERS = 16;', to: 'MAX_LAYERS = 3;' },
      { file: 'limits.ts', from: 'const BLOCK_BYTES = MIB;', to: 'const BLOCK_BYTES = 4096;' },
    ],
  },
  {
    lasting: 6,
    journals: true,
    changes: [
      { file: 'retention.ts', from: 'const NEWEST = 10;', to: 'const NEWEST = 3;' },
      { file: 'retention.ts', from: 'const PARTS = 10;', to: 'const PARTS = 2;' },
      { file: 'prune.ts', from: 'const DROPPED_AT_ONCE = 10;', to: 'const DROPPED_AT_ONCE = 2;' },
      {
        file: 'prune.ts',
        from: 'const UNSUMMED_ENTRIES = 100;',
        to: 'const UNSUMMED_ENTRIES = 4;',
      },
      { file: 'job-log.ts', from: 'const READS_AT_ONCE = 32;', to: 'const READS_AT_ONCE = 5;' },
      { file: 'limits.ts', from: 'const BLOCK_BYTES = MIB;', to: 'const BLOCK_BYTES = 200;' },
      {
        file: 'compaction.ts',
        from: 'const MAX_REWRITTEN_BYTES = 64 * 1024 * 1024;',
        to: 'const MAX_REWRITTEN_BYTES = 300;',
      },
      { file: 'content-writer.ts', from: 'COMPACTION_PAUSE = 100;', to: 'COMPACTION_PAUSE = 2;' },
      // Files in several extents, more of them than there is room for.
      {
        file: 'capture.ts',
        from: 'LEAST_CHUNKED_BYTES = 32 * 1024;',
        to: 'LEAST_CHUNKED_BYTES = 60;',
      },
      { file: 'content-chunks.ts', from: 'LEAST_BYTES = 256;', to: 'LEAST_BYTES = 8;' },
      { file: 'content-chunks.ts', from: 'MOST_BYTES = 4 * 1024;', to: 'MOST_BYTES = 32;' },
      { file: 'content-chunks.ts', from: 'BOUNDARY_BITS = 10;', to: 'BOUNDARY_BITS = 3;' },
      { file: 'content-chunks.ts', from: 'MOST_EXTENTS = 2_048;', to: 'MOST_EXTENTS = 6;' },
      {
        file: 'limits.ts',
        from: 'MAX_SCATTERED_BYTES = 16 * MIB;',
        to: 'MAX_SCATTERED_BYTES = 400;',
      },
    ],
  },
];
