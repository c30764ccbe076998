import type { PackReference } from '@openevolve-aws/job-spec';
import type { ObjectStore } from '@openevolve-aws/object-store';
import { outputKeys } from '@openevolve-aws/s3-layout';
import { captureDirectory, type Evidence, NO_EVIDENCE } from './capture.ts';
import type { Listing, StoredCheckpoint } from './checkpoint.ts';
import { planCompaction } from './compaction.ts';
import type { SignalOptions } from './job-log.ts';
import { difference, isUnchanged, planLayer } from './layers.ts';
import { encodeManifest } from './manifest.ts';
import { PackBuilder } from './pack-builder.ts';

/** Commits without a try at compaction after one that failed. */
const COMPACTION_PAUSE = 100;
const NO_PACKS: ReadonlySet<string> = new Set();
const NOTHING: StoredContent = { listing: new Map(), layers: [], evidence: NO_EVIDENCE };

/** A checkpoint in the store, and what shows that files on the disk are still the same. */
export interface StoredContent extends StoredCheckpoint {
  readonly evidence: Evidence;
}

export interface WrittenContent extends StoredContent {
  /** Holds the manifest. */
  readonly pack: PackReference;
  /** Of all files. */
  readonly bytes: number;
}

export interface ContentSource extends SignalOptions {
  readonly directory: string;
  readonly fullCheck?: boolean;
}

/** Stores the content of checkpoints in packs of one generation. What it writes no entry names yet. */
export class ContentWriter {
  readonly #store: ObjectStore;
  readonly #generation: number;
  readonly #onCompactionFailure: (error: unknown) => void;
  #packs = 0;
  #firstCompaction = 0;

  constructor(
    store: ObjectStore,
    generation: number,
    onCompactionFailure: (error: unknown) => void,
  ) {
    this.#store = store;
    this.#generation = generation;
    this.#onCompactionFailure = onCompactionFailure;
  }

  /**
   * Uploads what is new. Compacts where that is due; if it fails by that, it is done without.
   *
   * @param base the checkpoint that this one grew from.
   * @throws {CheckpointSyncError} `INVALID_CHECKPOINT`
   */
  async write(base: StoredContent | null, source: ContentSource): Promise<WrittenContent> {
    const mayCompact = base && this.#packs >= this.#firstCompaction;
    const rewritten = mayCompact ? planCompaction(base) : NO_PACKS;
    if (rewritten.size > 0) {
      try {
        return await this.#write(base ?? NOTHING, source, rewritten);
      } catch (error) {
        if (source.signal?.aborted) throw error;
        this.#firstCompaction = this.#packs + COMPACTION_PAUSE;
        this.#onCompactionFailure(error);
      }
    }
    return this.#write(base ?? NOTHING, source, NO_PACKS);
  }

  /** @param rewritten packs whose live content is written anew. */
  async #write(
    { listing, layers, evidence }: StoredContent,
    { directory, fullCheck = false, signal }: ContentSource,
    rewritten: ReadonlySet<string>,
  ): Promise<WrittenContent> {
    // Never the same key with other bytes: a PUT that was given up may still arrive.
    await using builder = new PackBuilder(outputKeys.pack(this.#generation, ++this.#packs));
    const known = { listing: without(listing, rewritten), evidence };
    const capture = await captureDirectory(directory, known, builder, fullCheck);
    const last = layers.at(-1);
    if (last && isUnchanged(difference(listing, capture.listing))) {
      return { ...capture, layers, pack: last.reference };
    }
    await builder.finishContent();
    const { below, changes } = planLayer(layers, listing, capture.listing, rewritten);
    const references = below.map(({ reference }) => reference);
    const manifest = await encodeManifest({ layers: references, changes });
    const pack = await builder.upload(this.#store, manifest, { signal });
    return { ...capture, layers: [...below, { reference: pack, changes }], pack };
  }
}

/** A checkpoint's files whose content does not lie in some packs. */
function without(listing: Listing, packs: ReadonlySet<string>): Listing {
  if (packs.size === 0) return listing;
  return new Map(
    [...listing].filter(([, { extents }]) => extents.every(({ pack }) => !packs.has(pack.key))),
  );
}
