import type { CommitEntry } from '@openevolve-aws/job-spec';
import type { ObjectStore } from '@openevolve-aws/object-store';
import { outputKeys, packOfKey } from '@openevolve-aws/s3-layout';
import type { StoredCheckpoint } from './checkpoint.ts';
import { isSyncError } from './errors.ts';
import type { JobLog, SignalOptions } from './job-log.ts';
import { readCheckpoint } from './read-checkpoint.ts';
import type { SkippedCommit } from './restore.ts';
import { planRetention } from './retention.ts';

/** Pruning waits until this many commits can go, so that a commit in ten pays for it. */
const DROPPED_AT_ONCE = 10;
/** A prune entry is written at the latest after this many others: readers begin at the newest one. */
const UNSUMMED_ENTRIES = 100;

export interface Pruned {
  /** Seqs of the commits that were dropped. */
  readonly dropped: readonly number[];
  /** Keys of the packs that were deleted. */
  readonly deleted: readonly string[];
  /** Kept commits that could not be read, and why. */
  readonly unreadable: readonly SkippedCommit[];
}

/**
 * Lets go of commits that retention drops, and of packs that no kept commit names: those of dropped
 * commits, and what failed commits and dead writers left.
 *
 * The entry comes first, and what is deleted follows from the log and a list of the packs alone. So
 * pruning that was cut off, or a deletion that failed, is made good by the next one, also by the next
 * generation.
 */
export class Pruner {
  readonly #store: ObjectStore;
  readonly #log: JobLog;
  readonly #generation: number;
  /** Packs that commits name, by seq. */
  readonly #named = new Map<number, ReadonlySet<string>>();
  /** Commits that could not be read in the last pruning. */
  #doubted = new Set<number>();

  constructor(store: ObjectStore, log: JobLog, generation: number) {
    this.#store = store;
    this.#log = log;
    this.#generation = generation;
  }

  /** Takes note of what a commit is made of, which is read otherwise. */
  learn(seq: number, checkpoint: StoredCheckpoint): void {
    this.#named.set(seq, packsOf(checkpoint));
  }

  /** @param keep seqs of commits that must stay. */
  isDue(keep: readonly number[]): boolean {
    return (
      this.#log.unsummed >= UNSUMMED_ENTRIES ||
      planRetention(this.#log.state, keep).length >= DROPPED_AT_ONCE
    );
  }

  /**
   * Prunes. Only while this writer has no commit under way: a pack whose entry is still to come would
   * be taken for garbage. Nothing is deleted when it is not sure what a kept commit names.
   *
   * @throws {CheckpointSyncError} `SUPERSEDED`; `DAMAGED` when an entry lies at the next place that
   *   cannot be read; `UNRESOLVED`; `UNKNOWN_VERSION` when a kept commit cannot be understood. Errors
   *   of the store pass through.
   */
  async prune(keep: readonly number[], options: SignalOptions): Promise<Pruned> {
    // Made for each place that is tried: an entry whose reply was lost may turn out to lie there.
    const plan = () => {
      const { live, ...state } = this.#log.state;
      const dropped = planRetention(state, keep);
      const gone = new Set(dropped);
      return { kind: 'prune', dropped, live: live.filter((seq) => !gone.has(seq)) } as const;
    };
    const { dropped } = await this.#log.append(this.#generation, plan, options);
    // From here on no entry can appear before this one, so no other pack will ever be named.
    const { named, unreadable } = await this.#packsOfKept(options);
    const deleted: string[] = [];
    if (unreadable.length > 0) return { dropped, deleted, unreadable };
    for await (const { key } of this.#store.list(outputKeys.packs, options)) {
      const pack = packOfKey(key);
      if (pack && pack.generation <= this.#generation && !named.has(key)) deleted.push(key);
    }
    if (deleted.length > 0) await this.#store.delete(deleted, options);
    return { dropped, deleted, unreadable };
  }

  async #packsOfKept(options: SignalOptions) {
    const { commits } = this.#log.state;
    const kept = new Set(commits.map(({ seq }) => seq));
    for (const seq of this.#named.keys()) if (!kept.has(seq)) this.#named.delete(seq);
    const named = new Set<string>();
    const unreadable: SkippedCommit[] = [];
    for (const commit of commits) {
      const packs = this.#named.get(commit.seq) ?? (await this.#readPacks(commit, options));
      if (typeof packs === 'string') {
        unreadable.push({ seq: commit.seq, label: commit.label, reason: packs });
      } else for (const key of packs) named.add(key);
    }
    this.#doubted = new Set(unreadable.map(({ seq }) => seq));
    return { named, unreadable };
  }

  /**
   * What a commit of before names, or why that cannot be read. Damage is believed when the next
   * pruning finds it too: the commit is quarantined then, and names nothing any more.
   */
  async #readPacks(
    commit: CommitEntry,
    options: SignalOptions,
  ): Promise<ReadonlySet<string> | string> {
    const { seq } = commit;
    try {
      const packs = packsOf(await readCheckpoint(this.#store, commit, options));
      this.#named.set(seq, packs);
      return packs;
    } catch (error) {
      if (!isSyncError(error, 'DAMAGED', 'MISSING', 'UNSAFE_MANIFEST')) throw error;
      if (!this.#doubted.has(seq)) return error.message;
      const reason = `No reader can use it: ${error.message}`.slice(0, 1000);
      const body = { kind: 'quarantine', commit: seq, reason } as const;
      await this.#log.append(this.#generation, body, options);
      return new Set();
    }
  }
}

/** The packs that a checkpoint needs: for content, and for the manifests that it is made of. */
function packsOf({ listing, layers }: StoredCheckpoint): ReadonlySet<string> {
  const keys = new Set(layers.map(({ reference }) => reference.key));
  for (const { extents } of listing.values()) for (const { pack } of extents) keys.add(pack.key);
  return keys;
}
