import { randomUUID } from 'node:crypto';
import {
  describeIssues,
  type LogEntry,
  logEntrySchema,
  type PruneEntry,
  serializeDocument,
} from '@openevolve-aws/job-spec';
import { isStoreError, type ObjectStore, ObjectStoreError } from '@openevolve-aws/object-store';
import { outputKeys, seqOfCommitKey } from '@openevolve-aws/s3-layout';
import { CheckpointSyncError } from './errors.ts';
import { inOrder } from './in-order.ts';
import { type JobState, type LogRecord, replay } from './job-state.ts';
import { MAX_ENTRY_BYTES } from './limits.ts';
import { parseRecord, tooLargeRecord } from './log-record.ts';

const READS_AT_ONCE = 32;
/** Each is a write and a read; waiting between them is the business of a retrying store. */
const WRITE_ROUNDS = 3;

type Common = 'version' | 'seq' | 'entryId' | 'generation' | 'at';
type WithoutCommon<E> = E extends LogEntry ? Omit<E, Common> : never;
/** What a caller says of an entry; the log adds the rest. */
export type EntryBody = WithoutCommon<LogEntry>;

export interface SignalOptions {
  readonly signal?: AbortSignal | undefined;
}

/**
 * The log of one job under its output prefix: `commits/<seq>.json`, contiguous from 1, each entry
 * put once and never deleted. Not for concurrent use.
 *
 * Only the newest prune entry, the entries that it names as live, and those after it are read and
 * held: however long a job runs, that is about a hundred.
 */
export class JobLog {
  readonly #store: ObjectStore;
  #records: LogRecord[] = [];
  #lastSeq = 0;
  #lastPrune = 0;
  /** Places whose objects must not be read into memory. */
  readonly #tooLarge = new Set<number>();
  #state: JobState | null = null;

  private constructor(store: ObjectStore) {
    this.#store = store;
  }

  /**
   * Reads the log: a list of its keys, and the entries that still say something.
   *
   * @param store the view of the job's output prefix.
   * @throws {CheckpointSyncError} `LOG_GAP`
   * @example
   * const log = await JobLog.open(prefixed(store, jobPrefixes('ana', '0123abcd').output));
   * log.state.commits.at(-1);
   */
  static async open(store: ObjectStore, options: SignalOptions = {}): Promise<JobLog> {
    const log = new JobLog(store);
    await log.#readOn(options);
    return log;
  }

  /** The entries that the newest prune entry names as live, and all from it on. */
  get records(): readonly LogRecord[] {
    return this.#records;
  }

  get lastSeq(): number {
    return this.#lastSeq;
  }

  /** How many entries a reader has to go through that no prune entry sums up. */
  get unsummed(): number {
    return this.#lastSeq - this.#lastPrune;
  }

  get state(): JobState {
    this.#state ??= replay(this.#records);
    return this.#state;
  }

  /**
   * Reads what is new. Costs one GET when nothing is: entries are contiguous, so a free next place
   * means that there is nothing after it either.
   */
  async refresh(options: SignalOptions = {}): Promise<void> {
    const next = this.#lastSeq + 1;
    if (await this.#read(next, options)) await this.#readOn(options, next);
  }

  /**
   * Appends an entry at the next free place.
   *
   * Whether a write was applied when its reply was lost is resolved by reading the place: the own
   * `entryId` means success, another writer's claim that this writer is superseded, anything else
   * that the next place is to be tried.
   *
   * @param generation the writer's claim; null to claim.
   * @param body when it depends on the entries before it, a function that is called for each place
   *   that is tried, once all of them are known.
   * @throws {CheckpointSyncError} `SUPERSEDED`; `DAMAGED` when the next place is taken by something
   *   unreadable, which may be a newer claim; `INVALID_ENTRY`; `UNRESOLVED` when the store gave no
   *   answer. The entry may appear later then: it is whole, and counts like any other.
   */
  async append<B extends EntryBody>(
    generation: number | null,
    body: B | (() => B),
    options: SignalOptions = {},
  ): Promise<Extract<LogEntry, { kind: B['kind'] }>> {
    for (;;) {
      const content = typeof body === 'function' ? body() : body;
      const entry = completeEntry(this.#lastSeq + 1, generation, content);
      const record = await this.#claimPlace(entry, options);
      this.#push(record);
      if (record.entry?.entryId === entry.entryId) return entry;
      if (generation !== null) refuseSuccessor(record, generation);
    }
  }

  /**
   * Refuses what {@link JobLog.append} would refuse to write, before work is done for it.
   *
   * @throws {CheckpointSyncError} `INVALID_ENTRY`
   */
  check(generation: number, body: EntryBody): void {
    serializeEntry(completeEntry(this.#lastSeq + 1, generation, body));
  }

  /** Puts an entry at its place and gives what lies there in the end: it, or another's. */
  async #claimPlace(entry: LogEntry, options: SignalOptions): Promise<LogRecord> {
    const content = serializeEntry(entry);
    let failure: unknown;
    for (let round = 0; round < WRITE_ROUNDS; round++) {
      try {
        await this.#store.putIfAbsent(outputKeys.commit(entry.seq), content, options);
        return { seq: entry.seq, entry, problem: null };
      } catch (error) {
        if (!mayBeApplied(error)) throw error;
        failure = error;
      }
      try {
        const record = await this.#read(entry.seq, options);
        if (record) return record;
      } catch (error) {
        if (!mayBeApplied(error)) throw error;
        failure = error;
      }
    }
    throw new CheckpointSyncError(
      'UNRESOLVED',
      `The store did not say whether ${outputKeys.commit(entry.seq)} was written. Try again; an entry that appears late does no harm.`,
      { cause: failure },
    );
  }

  /**
   * Reads the entries after the last known one, from the newest prune entry among them on.
   *
   * @param seen the last one that is known to be there.
   */
  async #readOn(options: SignalOptions, seen: number = this.#lastSeq): Promise<void> {
    const known = this.#lastSeq;
    const startAfter = known > 0 ? outputKeys.commit(known) : undefined;
    let newest = seen;
    const listing = this.#store.list(outputKeys.commits, { ...options, startAfter });
    for await (const { key, bytes } of listing) {
      const seq = seqOfCommitKey(key) ?? 0;
      newest = Math.max(newest, seq);
      if (bytes > MAX_ENTRY_BYTES) this.#tooLarge.add(seq);
    }

    // A list is no snapshot and may miss an entry before one that it has, so all places are read.
    const tail: LogRecord[] = [];
    let prune: PruneEntry | null = null;
    for (let last = newest; last > known && !prune; last -= READS_AT_ONCE) {
      const first = Math.max(known + 1, last - READS_AT_ONCE + 1);
      const records = await this.#readAll(places(first, last), options);
      const at = records.findLastIndex(({ entry }) => entry?.kind === 'prune');
      const found = records[at]?.entry;
      if (found?.kind === 'prune') prune = found;
      tail.unshift(...records.slice(Math.max(at, 0)));
    }
    if (prune) {
      const held = new Map(this.#records.map((record) => [record.seq, record]));
      const missing = prune.live.filter((seq) => !held.has(seq));
      for (const record of await this.#readAll(missing, options)) held.set(record.seq, record);
      this.#records = prune.live.flatMap((seq) => held.get(seq) ?? []);
    }
    for (const record of tail) this.#push(record);
  }

  async #readAll(seqs: Iterable<number>, options: SignalOptions): Promise<LogRecord[]> {
    const records: LogRecord[] = [];
    const read = async (seq: number) => ({ seq, record: await this.#read(seq, options) });
    for await (const { seq, record } of inOrder(seqs, READS_AT_ONCE, read)) {
      if (!record) {
        throw new CheckpointSyncError(
          'LOG_GAP',
          `${outputKeys.commit(seq)} is missing, though later entries are there. Entries were deleted: restore them from the bucket's older versions.`,
        );
      }
      records.push(record);
    }
    return records;
  }

  /** What lies at a place. Damage is believed only once two reads have shown it. */
  async #read(seq: number, options: SignalOptions): Promise<LogRecord | null> {
    if (this.#tooLarge.has(seq)) return tooLargeRecord(seq);
    try {
      const key = outputKeys.commit(seq);
      const record = parseRecord(seq, await this.#store.get(key, options));
      if (record.problem?.code !== 'DAMAGED') return record;
      return parseRecord(seq, await this.#store.get(key, options));
    } catch (error) {
      if (isStoreError(error, 'NOT_FOUND')) return null;
      throw error;
    }
  }

  #push(record: LogRecord): void {
    const { entry, seq } = record;
    if (entry?.kind === 'prune') {
      const live = new Set(entry.live);
      this.#records = this.#records.filter((known) => live.has(known.seq));
      this.#lastPrune = seq;
    }
    this.#records.push(record);
    this.#lastSeq = seq;
    this.#state = null;
  }
}

function* places(first: number, last: number): Generator<number> {
  for (let seq = first; seq <= last; seq++) yield seq;
}

function completeEntry<B extends EntryBody>(
  seq: number,
  generation: number | null,
  body: B,
): Extract<LogEntry, { kind: B['kind'] }> {
  const common = {
    version: 1,
    seq,
    entryId: randomUUID(),
    generation: generation ?? seq,
    at: new Date().toISOString(),
  };
  const parsed = logEntrySchema.safeParse({ ...common, ...body });
  if (!parsed.success) {
    throw new CheckpointSyncError(
      'INVALID_ENTRY',
      `The ${body.kind} entry breaks its schema (${describeIssues(parsed.error)}). Correct the values that were passed.`,
      { cause: parsed.error },
    );
  }
  return parsed.data as Extract<LogEntry, { kind: B['kind'] }>;
}

function serializeEntry(entry: LogEntry): Uint8Array {
  const content = serializeDocument(entry);
  if (content.byteLength <= MAX_ENTRY_BYTES) return content;
  throw new CheckpointSyncError(
    'INVALID_ENTRY',
    `The ${entry.kind} entry has ${content.byteLength} bytes, and readers take ${MAX_ENTRY_BYTES} at most. Pass fewer or shorter values.`,
  );
}

function mayBeApplied(error: unknown): boolean {
  return error instanceof ObjectStoreError && (error.code === 'ALREADY_EXISTS' || !error.permanent);
}

/** Ends a writer that found another's claim, or what may be one, at its next place. */
export function refuseSuccessor({ seq, entry, problem }: LogRecord, generation: number): void {
  if (!entry) {
    const message = `${problem.message} It lies where a newer claim would, so generation ${generation} stops. Start a new attempt.`;
    throw new CheckpointSyncError('DAMAGED', message, { cause: problem });
  }
  if (entry.generation > generation) {
    throw new CheckpointSyncError(
      'SUPERSEDED',
      `Generation ${entry.generation} claimed the job at ${seq}, so generation ${generation} stops. Nothing is lost: the newer attempt goes on from the last commit.`,
    );
  }
}
