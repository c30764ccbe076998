import type { Session } from '@openevolve-aws/checkpoint-sync';
import {
  type CommitEntry,
  type Ledger,
  type Progress,
  type ScoredProgram,
  serializeDocument,
  type Throughput,
} from '@openevolve-aws/job-spec';
import type { ObjectStore } from '@openevolve-aws/object-store';
import { outputKeys } from '@openevolve-aws/s3-layout';

interface Standing {
  readonly ledger: Ledger;
  readonly initial: ScoredProgram | null;
  readonly best: ScoredProgram | null;
  readonly controlled: number;
  readonly throughput?: Throughput;
}

export interface ProgressReporterOptions extends Standing {
  readonly jobId: string;
  readonly session: Session;
  readonly outputs: ObjectStore;
  readonly lastCommit: CommitEntry | null;
  readonly startedAt: string;
  readonly intervalMs: number;
  /** What the gateway knows at the moment at which the report is written. */
  readonly calls: () => Progress['calls'];
  /** The ledger with what is spent at that moment. */
  readonly stamp: (ledger: Ledger) => Ledger;
  /** A report that could not be stored: worth a line, never the attempt. */
  readonly onFailure: (error: unknown) => void;
}

/**
 * Keeps `progress.json` up to date: at most one write in an interval, and at once when the phase
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
    const { ledger, initial, best, controlled } = options;
    this.#options = options;
    this.#standing = { ledger, initial, best, controlled };
    this.#lastCommit = options.lastCommit;
  }

  get standing(): Standing {
    return this.#standing;
  }

  /** What a hard kill would cost now. */
  get lossWindow(): Progress['lossWindow'] {
    const since = this.#lastCommit?.at ?? this.#options.startedAt;
    return {
      iterations: this.#standing.ledger.done - (this.#lastCommit?.ledger.done ?? 0),
      seconds: Math.max(0, (Date.now() - Date.parse(since)) / 1000),
    };
  }

  update(standing: Partial<Standing>): void {
    this.#standing = { ...this.#standing, ...standing };
    this.#timer ??= setTimeout(() => void this.#write(), this.#options.intervalMs);
  }

  async committed(entry: CommitEntry): Promise<void> {
    this.#lastCommit = entry;
    await this.#write();
  }

  async enter(phase: Progress['phase']): Promise<void> {
    this.#phase = phase;
    await this.#write();
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
    const { jobId, session, outputs, calls, stamp } = this.#options;
    const commit = this.#lastCommit;
    await session.assertNewest();
    await outputs.put(
      outputKeys.progress,
      serializeDocument({
        version: 1,
        jobId,
        generation: session.generation,
        updatedAt: new Date().toISOString(),
        phase: this.#phase,
        ...this.#standing,
        ledger: stamp(this.#standing.ledger),
        calls: calls(),
        lastCommit: commit && {
          seq: commit.seq,
          at: commit.at,
          iterationsDone: commit.ledger.done,
        },
        lossWindow: this.lossWindow,
      } satisfies Progress),
    );
  }
}
