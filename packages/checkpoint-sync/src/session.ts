import type {
  ClaimEntry,
  CommitEntry,
  EarlyStopping,
  EndEntry,
  Ledger,
  LedgerEntry,
  LogEntry,
  Outcome,
  QuarantineEntry,
  ScoredProgram,
  StopEntry,
} from '@openevolve-aws/job-spec';
import type { ObjectStore } from '@openevolve-aws/object-store';
import { NO_EVIDENCE } from './capture.ts';
import { ContentWriter, type StoredContent } from './content-writer.ts';
import { type CheckpointSyncError, isSyncError } from './errors.ts';
import { type EntryBody, JobLog, refuseSuccessor, type SignalOptions } from './job-log.ts';
import type { JobState } from './job-state.ts';
import { refuseUnknown } from './log-record.ts';
import { type Pruned, Pruner } from './prune.ts';
import { type RestoreResult, restoreNewestOf } from './restore.ts';

/** Who claims a job. */
export type Claimant = Pick<ClaimEntry, 'submission' | 'batchJobId' | 'batchAttempt'>;

export interface CommitOptions extends SignalOptions {
  /** A checkpoint that its writer has declared finished; it must not change until this ends. */
  readonly directory: string;
  /** OpenEvolve's name for it: `checkpoint_<number>`. */
  readonly label: string;
  readonly reason: string;
  readonly ledger: Ledger;
  readonly initial: ScoredProgram | null;
  readonly best: ScoredProgram | null;
  readonly earlyStopping: EarlyStopping | null;
  /** Keeps the commit for as long as the job's data lives, unless it is quarantined. */
  readonly pinned?: boolean;
  /**
   * Reads every file, also those that look unchanged by inode, size and times. It is done once a
   * minute anyway, as far as there are commits; ask for it with the last one.
   */
  readonly fullCheck?: boolean;
}

/**
 * What a session did beside what it was asked: neither makes a commit fail. A pruning that failed or
 * was cut off goes on with the next one; after a compaction that failed, the commit was made without.
 */
export type Upkeep =
  | ({ readonly kind: 'pruned' } & Pruned)
  | { readonly kind: 'failed'; readonly task: 'pruning' | 'compaction'; readonly error: unknown };

export interface ClaimOptions extends SignalOptions {
  /** What it throws changes nothing for the session: the process warns of it. */
  readonly onUpkeep?: ((event: Upkeep) => void) | undefined;
}

/** How long a call waits for pruning before that is cut off. */
const PRUNING_GRACE_MS = 1_000;

/** In the place of what is known of a commit once its content is stored. */
const NOTHING_WRITTEN = {
  pack: { key: 'packs/1-1', bytes: 1, manifest: { offset: 0, length: 1, sha256: '0'.repeat(64) } },
  files: 0,
  bytes: 0,
};

/** The newest checkpoint that this session restored or committed. */
interface Base extends StoredContent {
  readonly commit: CommitEntry;
}

/**
 * Claims a job: from here on, commits of every older session are refused.
 *
 * @param store the view of the job's output prefix, best a retrying one.
 * @throws {CheckpointSyncError} `UNKNOWN_VERSION` when a newer release wrote to the log; `LOG_GAP`;
 *   `UNRESOLVED`.
 * @example
 * const session = await claimJob(store, { submission: 1, batchJobId: null, batchAttempt: null });
 * const { commit } = await session.restore('/work/checkpoint');
 * await session.commit({ directory, label, reason: 'timer', ledger, initial, best });
 */
export async function claimJob(
  store: ObjectStore,
  { submission, batchJobId, batchAttempt }: Claimant,
  { signal, onUpkeep }: ClaimOptions = {},
): Promise<Session> {
  const log = await JobLog.open(store, { signal });
  refuseUnknown(log.records);
  const body = { kind: 'claim', submission, batchJobId, batchAttempt } as const;
  const claim = await log.append(null, body, { signal });
  refuseUnknown(log.records);
  return new Session(store, log, claim, onUpkeep);
}

/**
 * A writer's hold on a job. Calls may be made at any time and run one after the other. Once one has
 * failed with `SUPERSEDED`, or has found the log damaged at its own next place, all later ones fail
 * with the same error: the session writes nothing more.
 */
export class Session {
  readonly claim: ClaimEntry;
  readonly #store: ObjectStore;
  readonly #log: JobLog;
  readonly #writer: ContentWriter;
  readonly #pruner: Pruner;
  readonly #onUpkeep: (event: Upkeep) => void;
  #base: Base | null = null;
  /** Seq of the commit that was restored. */
  #restored: number | null = null;
  #queue: Promise<unknown> = Promise.resolve();
  /** Calls that are waiting or running. */
  #calls = 0;
  #pruning: AbortController | null = null;
  #over: CheckpointSyncError | null = null;

  /** Use {@link claimJob}. */
  constructor(
    store: ObjectStore,
    log: JobLog,
    claim: ClaimEntry,
    onUpkeep: (event: Upkeep) => void = () => undefined,
  ) {
    this.#store = store;
    this.#log = log;
    this.#writer = new ContentWriter(store, claim.generation, (error) =>
      this.#tell({ kind: 'failed', task: 'compaction', error }),
    );
    this.#pruner = new Pruner(store, log, claim.generation);
    this.#onUpkeep = onUpkeep;
    this.claim = claim;
  }

  get generation(): number {
    return this.claim.generation;
  }

  /** What the log says, as far as this session has read and written it. */
  get state(): JobState {
    return this.#log.state;
  }

  /**
   * Restores the newest commit that verifies into `target`; the next commit builds on it. Without
   * one, `commit` is null and the target is not made.
   *
   * @throws {CheckpointSyncError} `TARGET_EXISTS`, `UNKNOWN_VERSION`, `SUPERSEDED`
   */
  restore(target: string, options: SignalOptions = {}): Promise<RestoreResult> {
    return this.#inTurn(async () => {
      const guard = (): void => this.#refuseSuccessors();
      const result = await restoreNewestOf(this.#log, this.#store, target, options, guard);
      const { commit, checkpoint, skipped } = result;
      this.#base = null;
      this.#restored = null;
      if (commit && checkpoint) {
        this.#base = { ...checkpoint, commit, evidence: NO_EVIDENCE };
        this.#restored = commit.seq;
        this.#pruner.learn(commit.seq, checkpoint);
      }
      return { commit, skipped };
    });
  }

  /**
   * Makes a finished checkpoint durable. It is durable once this returns: two PUTs, or only the
   * entry's when no file has changed. When it throws, the commit counts as not made; after
   * `UNRESOLVED` it may yet appear, whole. Repeat it with a newer checkpoint or the same.
   *
   * Once in ten commits or so, old ones are pruned after this has returned.
   *
   * @throws {CheckpointSyncError} `SUPERSEDED`, `INVALID_CHECKPOINT`, `INVALID_ENTRY`, `UNRESOLVED`
   */
  commit(options: CommitOptions): Promise<CommitEntry> {
    return this.#inTurn(async () => {
      const { label, reason, ledger, initial, best, earlyStopping, pinned, signal } = options;
      const parent = this.#base?.commit.seq ?? null;
      const facts = { parent, label, reason, ledger, initial, best, earlyStopping, pinned };
      this.#log.check(this.generation, { kind: 'commit', ...facts, ...NOTHING_WRITTEN });
      const written = await this.#writer.write(this.#base, options);
      const { pack, listing, bytes } = written;
      const commit = await this.#append(
        { kind: 'commit', ...facts, pack, files: listing.size, bytes },
        { signal },
      );
      this.#base = { ...written, commit };
      this.#pruner.learn(commit.seq, this.#base);
      return commit;
    });
  }

  /** Records spend or failures that came without a new checkpoint. */
  appendLedger(ledger: Ledger, options: SignalOptions = {}): Promise<LedgerEntry> {
    return this.#inTurn(() => this.#append({ kind: 'ledger', ledger }, options));
  }

  /**
   * Makes every reader pass over a commit that could not be used. If this session has restored it,
   * nothing builds on it any more: restore again, or the next commit uploads everything.
   */
  quarantine(seq: number, reason: string, options: SignalOptions = {}): Promise<QuarantineEntry> {
    return this.#inTurn(async () => {
      if (this.#base?.commit.seq === seq) this.#base = null;
      return this.#append({ kind: 'quarantine', commit: seq, reason }, options);
    });
  }

  /** Records that this attempt ends before the run is complete, and whether something outside ended it. */
  stop(
    exitCode: number,
    reason: string,
    interrupted: boolean,
    options: SignalOptions = {},
  ): Promise<StopEntry> {
    return this.#inTurn(() =>
      this.#append({ kind: 'stop', exitCode, reason, interrupted }, options),
    );
  }

  /** Records that the run is complete. Final results are written after it. */
  end(
    outcome: Outcome,
    commit: number,
    ledger: Ledger,
    options: SignalOptions = {},
  ): Promise<EndEntry> {
    return this.#inTurn(() => this.#append({ kind: 'end', outcome, commit, ledger }, options));
  }

  /**
   * Reads whether this is still the newest generation; call it right before outputs at fixed names
   * are written. Costs one GET.
   *
   * @throws {CheckpointSyncError} `SUPERSEDED`
   */
  assertNewest(options: SignalOptions = {}): Promise<void> {
    return this.#inTurn(async () => {
      await this.#log.refresh(options);
      this.#refuseSuccessors();
    });
  }

  #append<B extends EntryBody>(
    body: B,
    options: SignalOptions,
  ): Promise<Extract<LogEntry, { kind: B['kind'] }>> {
    return this.#log.append(this.generation, body, options);
  }

  #refuseSuccessors(): void {
    for (const record of this.#log.records) {
      if (record.seq > this.generation) refuseSuccessor(record, this.generation);
    }
  }

  #inTurn<T>(task: () => Promise<T>): Promise<T> {
    this.#calls += 1;
    this.#hurryPruning();
    const turn = this.#queue
      .then(() => this.#run(task))
      .finally(() => {
        this.#calls -= 1;
      });
    this.#queue = turn.then(
      () => this.#prune(),
      () => undefined,
    );
    return turn;
  }

  async #run<T>(task: () => Promise<T>): Promise<T> {
    if (this.#over) throw this.#over;
    try {
      return await task();
    } catch (error) {
      if (isSyncError(error, 'SUPERSEDED', 'DAMAGED')) this.#over = error;
      throw error;
    }
  }

  /** Prunes when it is due, between two calls. What fails is told, and done by the next pruning. */
  async #prune(): Promise<void> {
    const base = this.#base?.commit.seq;
    const keep = [base, this.#restored].filter((seq) => typeof seq === 'number');
    if (this.#over || !this.#pruner.isDue(keep)) return;
    this.#pruning = new AbortController();
    if (this.#calls > 0) this.#hurryPruning();
    const { signal } = this.#pruning;
    try {
      const pruned = await this.#run(() => this.#pruner.prune(keep, { signal }));
      this.#tell({ kind: 'pruned', ...pruned });
    } catch (error) {
      this.#tell({ kind: 'failed', task: 'pruning', error });
    } finally {
      this.#pruning = null;
    }
  }

  /** A listener's own failure must fail no commit, and not the calls after it. */
  #tell(event: Upkeep): void {
    try {
      this.#onUpkeep(event);
    } catch (error) {
      process.emitWarning(`onUpkeep threw: ${error instanceof Error ? error.stack : error}`);
    }
  }

  /** A commit at the end of a machine's life must not wait for a store that deletes slowly. */
  #hurryPruning(): void {
    const pruning = this.#pruning;
    if (pruning) setTimeout(() => pruning.abort(), PRUNING_GRACE_MS).unref();
  }
}
