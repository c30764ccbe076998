import type { Session } from '@openevolve-aws/checkpoint-sync';
import {
  type CommitEntry,
  type Ledger,
  type Progress,
  type ScoredProgram,
  serializeDocument,
} from '@openevolve-aws/job-spec';
import type { ObjectStore } from '@openevolve-aws/object-store';
import { outputKeys } from '@openevolve-aws/s3-layout';

const INTERVAL_MS = 2_000;

interface Standing {
  ledger: Ledger;
  initial: ScoredProgram | null;
  best: ScoredProgram | null;
}

export interface ProgressReporterOptions extends Standing {
  readonly jobId: string;
  readonly session: Session;
  readonly outputs: ObjectStore;
  readonly lastCommit: CommitEntry | null;
  readonly startedAt: string;
  /** A report that could not be stored: worth a line, never the attempt. */
  readonly onFailure: (error: unknown) => void;
}

/**
 * Keeps `progress.json` up to date: at most one write in two seconds, and at once when the phase
 * changes or a commit is made. Only the newest generation may write it, so the log is looked at
 * right before.
 */
export class ProgressReporter {
  readonly #options: ProgressReporterOptions;
  #standing: Standing;
  #phase: Progress['phase'] = 'restoring';
  #lastCommit: CommitEntry | null;
  #timer: NodeJS.Timeout | null = null;
  #writing: Promise<void> = Promise.resolve();

  constructor(options: ProgressReporterOptions) {
    const { ledger, initial, best } = options;
    this.#options = options;
    this.#standing = { ledger, initial, best };
    this.#lastCommit = options.lastCommit;
  }

  update(standing: Partial<Standing>): void {
    this.#standing = { ...this.#standing, ...standing };
    this.#timer ??= setTimeout(() => void this.#write(), INTERVAL_MS);
  }

  async committed(entry: CommitEntry): Promise<void> {
    this.#lastCommit = entry;
    await this.#write();
  }

  async enter(phase: Progress['phase']): Promise<void> {
    this.#phase = phase;
    await this.#write();
  }

  get standing(): Readonly<Standing> {
    return this.#standing;
  }

  /** Finished iterations that no commit holds. */
  get iterationsAtRisk(): number {
    return this.#standing.ledger.done - (this.#lastCommit?.ledger.done ?? 0);
  }

  async #write(): Promise<void> {
    if (this.#timer !== null) {
      clearTimeout(this.#timer);
      this.#timer = null;
    }
    this.#writing = this.#writing.then(() => this.#store()).catch(this.#options.onFailure);
    await this.#writing;
  }

  async #store(): Promise<void> {
    const { jobId, session, outputs, startedAt } = this.#options;
    const now = new Date();
    const commit = this.#lastCommit;
    const since = commit?.at ?? startedAt;
    await session.assertNewest();
    await outputs.put(
      outputKeys.progress,
      serializeDocument({
        version: 1,
        jobId,
        generation: session.generation,
        updatedAt: now.toISOString(),
        phase: this.#phase,
        ...this.#standing,
        lastCommit: commit && {
          seq: commit.seq,
          at: commit.at,
          iterationsDone: commit.ledger.done,
        },
        lossWindow: {
          iterations: this.iterationsAtRisk,
          seconds: Math.max(0, (now.getTime() - Date.parse(since)) / 1000),
        },
      } satisfies Progress),
    );
  }
}
