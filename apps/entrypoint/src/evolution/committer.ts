import { rm } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { CheckpointSyncError, type Session } from '@openevolve-aws/checkpoint-sync';
import type { CommitEntry, Ledger, ScoredProgram } from '@openevolve-aws/job-spec';
import type { CheckpointEvent } from '../runner/protocol.ts';

/** What a commit was made of, and when. */
export interface Committed {
  readonly entry: CommitEntry;
  readonly directory: string;
}

export interface CommitterOptions {
  readonly session: Session;
  /** The first program of the job as an earlier attempt knew it. */
  readonly initial: ScoredProgram | null;
  /** What a ledger says at the moment at which it is handed over. */
  readonly stamp: (ledger: Ledger) => Ledger;
  /** Called right before a commit, for what must be there when it is. Must not throw. */
  readonly beforeCommit: (ledger: Ledger) => Promise<void>;
  /** Must not throw. */
  readonly onCommit: (committed: Committed) => Promise<void>;
  /** A commit that failed, each time. */
  readonly onFailure: (error: unknown) => void;
}

/** Beyond what the store itself repeats. The next checkpoint may be hours away. */
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 30_000;

/**
 * Turns declared checkpoints into commits, one at a time. When several are declared while one is
 * being committed, only the newest of them counts: it holds what the others hold. The last one of a
 * run is committed with every file read, however unchanged it looks. What fails and may yet succeed
 * is tried again until something newer is declared.
 *
 * Checkpoint directories that are committed or passed over are deleted, but never the newest
 * declared one, from which the runner links unchanged files.
 */
export class Committer {
  readonly #options: CommitterOptions;
  #waiting: CheckpointEvent | null = null;
  #newest: string | null = null;
  #working: Promise<void> | null = null;
  readonly #obsolete = new Set<string>();
  #last: Committed | null = null;
  /** The ledger of the last commit as the runner told it. */
  #held: Ledger | null = null;
  #pause = new AbortController();
  #patience: AbortSignal | null = null;

  constructor(options: CommitterOptions) {
    this.#options = options;
  }

  get last(): Committed | null {
    return this.#last;
  }

  offer(checkpoint: CheckpointEvent): void {
    if (this.#newest !== null && this.#newest !== checkpoint.path) {
      this.#obsolete.add(this.#newest);
    }
    this.#obsolete.delete(checkpoint.path);
    this.#newest = checkpoint.path;
    this.#waiting = checkpoint;
    this.#pause.abort();
    this.#working ??= this.#work().finally(() => {
      this.#working = null;
    });
  }

  /**
   * Settles when every offered checkpoint is committed, passed over or has failed.
   *
   * @param patience once it aborts, what fails is not tried again.
   */
  async settled(patience: AbortSignal): Promise<void> {
    this.#patience = patience;
    this.#pause.abort();
    const stopWaiting = () => this.#pause.abort();
    patience.addEventListener('abort', stopWaiting);
    while (this.#working !== null) {
      await this.#working;
    }
    patience.removeEventListener('abort', stopWaiting);
    this.#patience = null;
  }

  async #work(): Promise<void> {
    let pauseMs = FIRST_PAUSE_MS;
    for (let next = this.#take(); next !== null; next = this.#take()) {
      if (this.#holds(next.ledger)) {
        continue;
      }
      await this.#options.beforeCommit(next.ledger);
      try {
        const entry = await this.#options.session.commit({
          directory: next.path,
          label: next.label,
          reason: next.reason,
          ledger: this.#options.stamp(next.ledger),
          initial: next.initial ?? this.#options.initial,
          best: next.best,
          earlyStopping: next.early_stopping,
          fullCheck: next.reason === 'stop' || next.reason === 'end',
        });
        this.#last = { entry, directory: next.path };
        this.#held = next.ledger;
      } catch (error) {
        this.#options.onFailure(error);
        if (mayGoAway(error) && !this.#patience?.aborted) {
          await this.#wait(pauseMs);
          pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS);
          this.#waiting ??= this.#patience?.aborted ? null : next;
        }
        continue;
      }
      pauseMs = FIRST_PAUSE_MS;
      await this.#options.onCommit(this.#last);
      await this.#sweep().catch(this.#options.onFailure);
    }
  }

  async #wait(pauseMs: number): Promise<void> {
    if (this.#waiting !== null) {
      return;
    }
    this.#pause = new AbortController();
    await delay(pauseMs, undefined, { signal: this.#pause.signal }).catch(() => undefined);
  }

  #take(): CheckpointEvent | null {
    const next = this.#waiting;
    this.#waiting = null;
    return next;
  }

  /** A checkpoint that is declared again has nothing new. */
  #holds(ledger: Ledger): boolean {
    return this.#held !== null && JSON.stringify(this.#held) === JSON.stringify(ledger);
  }

  async #sweep(): Promise<void> {
    for (const directory of this.#obsolete) {
      await rm(directory, { recursive: true, force: true });
      this.#obsolete.delete(directory);
    }
  }
}

/** A disk that is full may have room later, and access that is refused may be given back. */
function mayGoAway(error: unknown): boolean {
  return !(isOurFault(error) || (error instanceof CheckpointSyncError && error.permanent));
}

/** Whether a program of ours is wrong: every commit would fail by it. */
export function isOurFault(error: unknown): boolean {
  return [TypeError, ReferenceError, RangeError].some((fault) => error instanceof fault);
}
