import type { PackReference } from '@openevolve-aws/job-spec';

/** A compressed block's bytes in its pack, and its bytes once decompressed. */
export type Block = readonly [stored: number, raw: number];

/** A pack as readers of content see it: blocks one after the other from its first byte. */
export interface Pack {
  readonly key: string;
  readonly blocks: readonly Block[];
}

/** Content without a gap: `offset` counts in the pack's decompressed blocks, joined. */
export interface Extent {
  readonly pack: Pack;
  readonly offset: number;
  readonly bytes: number;
}

/** One file of a checkpoint. */
export interface FileRecord {
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
  /** Its content is theirs, joined. An empty file has none. */
  readonly extents: readonly Extent[];
}

/** The files of a checkpoint by path. */
export type Listing = ReadonlyMap<string, FileRecord>;

/** What one manifest changes in the listing of those before it. */
export interface Changes {
  readonly removed: ReadonlySet<string>;
  readonly files: Listing;
}

/** A stored manifest: the changes, and where they lie. */
export interface Layer {
  readonly reference: PackReference;
  readonly changes: Changes;
}

/** A checkpoint in the store: its listing, and the layers that make it up, oldest first. */
export interface StoredCheckpoint {
  readonly listing: Listing;
  readonly layers: readonly Layer[];
}
