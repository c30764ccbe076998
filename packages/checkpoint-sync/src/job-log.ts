import { randomUUID } from 'node:crypto';
import {
  describeIssues,
  type LogEntry,
  logEntrySchema,
  serializeDocument,
} from '@openevolve-aws/job-spec';
import { isStoreError, type ObjectStore, ObjectStoreError } from '@openevolve-aws/object-store';
import { outputKeys, seqOfCommitKey } from '@openevolve-aws/s3-layout';
import { CheckpointSyncError } from './errors.ts';
import { inOrder } from './in-order.ts';
import { type JobState, type LogRecord, replay } from './job-state.ts';
import { parseRecord } from './log-record.ts';

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
 */
export class JobLog {
  readonly #store: ObjectStore;
  readonly #records: LogRecord[] = [];
  #state: JobState | null = null;

  private constructor(store: ObjectStore) {
    this.#store = store;
  }

  /**
   * Reads the whole log.
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

  get records(): readonly LogRecord[] {
    return this.#records;
  }

  get lastSeq(): number {
    return this.#records.length;
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
    const next = await this.#read(this.lastSeq + 1, options);
    if (!next) return;
    this.#push(next);
    await this.#readOn(options);
  }

  /**
   * Appends an entry at the next free place.
   *
   * Whether a write was applied when its reply was lost is resolved by reading the place: the own
   * `entryId` means success, another writer's claim that this writer is superseded, anything else
   * that the next place is to be tried.
   *
   * @param generation the writer's claim; null to claim.
   * @throws {CheckpointSyncError} `SUPERSEDED`; `DAMAGED` when the next place is taken by something
   *   unreadable, which may be a newer claim; `INVALID_ENTRY`; `UNRESOLVED` when the store gave no
   *   answer. The entry may appear later then: it is whole, and counts like any other.
   */
  async append<B extends EntryBody>(
    generation: number | null,
    body: B,
    options: SignalOptions = {},
  ): Promise<Extract<LogEntry, { kind: B['kind'] }>> {
    for (;;) {
      const entry = completeEntry(this.lastSeq + 1, generation, body);
      const record = await this.#claimPlace(entry, options);
      this.#push(record);
      if (record.entry?.entryId === entry.entryId) return entry;
      if (generation !== null) refuseSuccessor(record, generation);
    }
  }

  /** Puts an entry at its place and gives what lies there in the end: it, or another's. */
  async #claimPlace(entry: LogEntry, options: SignalOptions): Promise<LogRecord> {
    const content = serializeDocument(entry);
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

  /** Reads all entries after the last known one. */
  async #readOn(options: SignalOptions): Promise<void> {
    const first = this.lastSeq + 1;
    const startAfter = this.lastSeq > 0 ? outputKeys.commit(this.lastSeq) : undefined;
    let newest = this.lastSeq;
    const listing = this.#store.list(outputKeys.commits, { ...options, startAfter });
    for await (const { key } of listing) newest = Math.max(newest, seqOfCommitKey(key) ?? 0);

    // A list is no snapshot and may miss an entry before one that it has, so all places are read.
    const read = async (seq: number) => ({ seq, record: await this.#read(seq, options) });
    for await (const { seq, record } of inOrder(places(first, newest), READS_AT_ONCE, read)) {
      if (!record) {
        throw new CheckpointSyncError(
          'LOG_GAP',
          `${outputKeys.commit(seq)} is missing, though ${outputKeys.commit(newest)} is there. Entries were deleted: restore them from the bucket's older versions.`,
        );
      }
      this.#push(record);
    }
  }

  async #read(seq: number, options: SignalOptions): Promise<LogRecord | null> {
    try {
      return parseRecord(seq, await this.#store.get(outputKeys.commit(seq), options));
    } catch (error) {
      if (isStoreError(error, 'NOT_FOUND')) return null;
      throw error;
    }
  }

  #push(record: LogRecord): void {
    this.#records.push(record);
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
