import { rm } from 'node:fs/promises';
import type { Session } from '@openevolve-aws/checkpoint-sync';
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
  /** A commit that failed; the next checkpoint tries again. */
  readonly onFailure: (error: unknown) => void;
}

/**
 * Turns declared checkpoints into commits, one at a time. When several are declared while one is
 * being committed, only the newest of them counts: it holds what the others hold. The last one of a
 * run is committed with every file read, however unchanged it looks.
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
    this.#working ??= this.#work().finally(() => {
      this.#working = null;
    });
  }

  /** Settles when every offered checkpoint is committed, passed over or has failed. */
  async settled(): Promise<void> {
    while (this.#working !== null) {
      await this.#working;
    }
  }

  async #work(): Promise<void> {
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
        continue;
      }
      await this.#options.onCommit(this.#last);
      await this.#sweep().catch(this.#options.onFailure);
    }
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
