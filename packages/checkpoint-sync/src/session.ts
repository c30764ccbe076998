import type {
  ClaimEntry,
  CommitEntry,
  EarlyStopping,
  EndEntry,
  Ledger,
  LedgerEntry,
  LogEntry,
  Outcome,
  PackReference,
  QuarantineEntry,
  ScoredProgram,
  StopEntry,
} from '@openevolve-aws/job-spec';
import type { ObjectStore } from '@openevolve-aws/object-store';
import { outputKeys } from '@openevolve-aws/s3-layout';
import { type Capture, captureDirectory } from './capture.ts';
import type { StoredCheckpoint } from './checkpoint.ts';
import { type CheckpointSyncError, isSyncError } from './errors.ts';
import { type EntryBody, JobLog, refuseSuccessor, type SignalOptions } from './job-log.ts';
import type { JobState, LogRecord } from './job-state.ts';
import { difference, isUnchanged, planLayer } from './layers.ts';
import { encodeManifest } from './manifest.ts';
import { PackBuilder } from './pack-builder.ts';
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
  /** Reads every file, also those whose size, times and inode are as before. */
  readonly fullCheck?: boolean;
}

/** The newest checkpoint that this session restored or committed. */
interface Base extends StoredCheckpoint {
  readonly commit: CommitEntry;
  readonly stamps: ReadonlyMap<string, string>;
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
  options: SignalOptions = {},
): Promise<Session> {
  const log = await JobLog.open(store, options);
  refuseUnknown(log.records);
  const body = { kind: 'claim', submission, batchJobId, batchAttempt } as const;
  const claim = await log.append(null, body, options);
  refuseUnknown(log.records);
  return new Session(store, log, claim);
}

/** A log that is partly not understood must not be written to: what it says may forbid it. */
function refuseUnknown(records: readonly LogRecord[]): void {
  const unknown = records.find(({ problem }) => isSyncError(problem, 'UNKNOWN_VERSION'));
  if (unknown?.problem) throw unknown.problem;
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
  #base: Base | null = null;
  #packs = 0;
  #queue: Promise<unknown> = Promise.resolve();
  #over: CheckpointSyncError | null = null;

  /** Use {@link claimJob}. */
  constructor(store: ObjectStore, log: JobLog, claim: ClaimEntry) {
    this.#store = store;
    this.#log = log;
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
      this.#base = commit && checkpoint ? { ...checkpoint, commit, stamps: new Map() } : null;
      return { commit, skipped };
    });
  }

  /**
   * Makes a finished checkpoint durable. It is durable once this returns: two PUTs, or only the
   * entry's when no file has changed. When it throws, the commit counts as not made; after
   * `UNRESOLVED` it may yet appear, whole. Repeat it with a newer checkpoint or the same.
   *
   * @throws {CheckpointSyncError} `SUPERSEDED`, `INVALID_CHECKPOINT`, `INVALID_ENTRY`, `UNRESOLVED`
   */
  commit(options: CommitOptions): Promise<CommitEntry> {
    return this.#inTurn(async () => {
      const { directory, label, reason, ledger, initial, best, earlyStopping } = options;
      const { fullCheck = false } = options;
      const { signal } = options;
      // Never the same key with other bytes: a PUT that was given up may still arrive.
      const key = outputKeys.pack(this.generation, ++this.#packs);
      await using builder = new PackBuilder(key);
      const known = this.#base ?? { listing: new Map(), stamps: new Map() };
      const capture = await captureDirectory(directory, known, builder, fullCheck);
      const { pack, layers } = await this.#upload(capture, builder, { signal });
      const commit = await this.#append(
        {
          kind: 'commit',
          parent: this.#base?.commit.seq ?? null,
          label,
          reason,
          pack,
          files: capture.listing.size,
          bytes: capture.bytes,
          ledger,
          initial,
          best,
          earlyStopping,
        },
        { signal },
      );
      this.#base = { commit, layers, listing: capture.listing, stamps: capture.stamps };
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

  /** Uploads new content with its manifest; an unchanged checkpoint keeps the pack it has. */
  async #upload(
    { listing }: Capture,
    builder: PackBuilder,
    options: SignalOptions,
  ): Promise<{ pack: PackReference } & Pick<Base, 'layers'>> {
    const base = this.#base;
    if (base && isUnchanged(difference(base.listing, listing))) {
      return { pack: base.commit.pack, layers: base.layers };
    }
    await builder.finishContent();
    const { below, changes } = planLayer(base?.layers ?? [], base?.listing ?? new Map(), listing);
    const layers = below.map(({ reference }) => reference);
    const manifest = await encodeManifest({ layers, changes });
    const pack = await builder.upload(this.#store, manifest, options);
    return { pack, layers: [...below, { reference: pack, changes }] };
  }

  #append<B extends EntryBody>(
    body: B,
    options: SignalOptions,
  ): Promise<Extract<LogEntry, { kind: B['kind'] }>> {
    return this.#log.append(this.generation, body, options);
  }

  #refuseSuccessors(): void {
    for (const record of this.#log.records.slice(this.generation)) {
      refuseSuccessor(record, this.generation);
    }
  }

  #inTurn<T>(task: () => Promise<T>): Promise<T> {
    const turn = this.#queue.then(async () => {
      if (this.#over) throw this.#over;
      try {
        return await task();
      } catch (error) {
        if (isSyncError(error, 'SUPERSEDED', 'DAMAGED')) this.#over = error;
        throw error;
      }
    });
    this.#queue = turn.catch(() => undefined);
    return turn;
  }
}
