import { isSyncError } from '@openevolve-aws/checkpoint-sync';
import {
  type CommitEntry,
  type ContainerEnvironment,
  emptyLedger,
  type Ledger,
  type Outcome,
  type Progress,
  usdSpent,
} from '@openevolve-aws/job-spec';
import type { ClaimedJob } from '../claimed-job.ts';
import type { ControlPlan } from '../control/control-plan.ts';
import type { Folders } from '../folders.ts';
import { type JobGateway, startJobGateway } from '../gateway.ts';
import type { Log } from '../log.ts';
import { paceOf } from '../pace.ts';
import type { StartedEvent } from '../runner/protocol.ts';
import type { Stop, StopRequest } from '../stop-request.ts';
import { Committer, isOurFault } from './committer.ts';
import { embeddedMetrics } from './metrics.ts';
import { ProgressReporter } from './progress-reporter.ts';
import { runEvolution } from './run-evolution.ts';
import { SpendAccount } from './spend-account.ts';
import { Trace } from './trace.ts';

/** A checkpoint directory and the commit that holds it. */
export interface Saved {
  readonly entry: CommitEntry;
  readonly directory: string;
}

export interface JobEvolutionOptions {
  readonly claimed: ClaimedJob;
  readonly environment: ContainerEnvironment;
  readonly variables: Readonly<Record<string, string | undefined>>;
  readonly folders: Folders;
  /** What was restored; null for a start from the beginning. */
  readonly restored: Saved | null;
  readonly plan: ControlPlan;
  readonly readControl: (after: number, signal?: AbortSignal) => Promise<ControlPlan>;
  readonly log: Log;
  readonly stop: StopRequest;
  readonly onStarted: (event: StartedEvent) => void;
}

/** How the evolution of a job ended in this attempt. */
export type JobEvolutionEnd =
  | { readonly kind: 'complete'; readonly outcome: Outcome; readonly saved: Saved }
  | { readonly kind: 'stopped'; readonly stop: Stop }
  | { readonly kind: 'unfinished'; readonly reason: string };

/** The gateway of this attempt, and the account that is kept of it. */
interface Llm extends JobGateway {
  readonly account: SpendAccount;
  readonly startedAt: number;
}

/**
 * Evolves a job until it is complete, stopped or cut short: runs the runner, again when another
 * number of iterations is asked for, and keeps commits, trace, progress and metrics.
 */
export class JobEvolution {
  readonly #options: JobEvolutionOptions;
  readonly #cutOff = new AbortController();
  readonly progress: ProgressReporter;
  #saved: Saved | null;
  #llm: Llm | null = null;

  constructor(options: JobEvolutionOptions) {
    const { claimed, environment, restored, plan } = options;
    const entry = restored?.entry ?? null;
    this.#options = options;
    this.#saved = restored;
    this.progress = new ProgressReporter({
      ledger: { ...(entry?.ledger ?? emptyLedger(plan.asked)), asked: plan.asked },
      initial: entry?.initial ?? null,
      best: entry?.best ?? null,
      controlled: plan.controlled,
      jobId: claimed.job.id,
      session: claimed.session,
      outputs: claimed.outputs,
      lastCommit: entry,
      startedAt: new Date().toISOString(),
      calls: () => this.#calls(),
      stamp: (ledger) => this.stamp(ledger),
      intervalMs: paceOf(environment.S3_OUTPUT_PREFIX).progressMs,
      onFailure: (error) => this.#noticeFailure('The progress report could not be stored', error),
    });
  }

  /** The newest checkpoint that a commit holds. */
  get saved(): Saved | null {
    return this.#saved;
  }

  /** A ledger with what is spent on models by now. */
  stamp(ledger: Ledger): Ledger {
    return this.#llm?.account.stamp(ledger) ?? ledger;
  }

  /** @throws {CheckpointSyncError} `SUPERSEDED` when another attempt has taken over. */
  async run(): Promise<JobEvolutionEnd> {
    const { session, outputs } = this.#options.claimed;
    const trace = new Trace(outputs, session.generation);
    const committer = this.#beginCommits(trace);
    await this.progress.enter('running');
    const llm = await this.#startGateway();
    const reportMetrics = this.#metrics(llm);
    try {
      return await this.#iterate(llm, trace, committer, reportMetrics);
    } finally {
      reportMetrics();
      await llm.gateway.close();
      await llm.account.close();
    }
  }

  async #startGateway(): Promise<Llm> {
    const { claimed, variables, folders, plan, log, stop } = this.#options;
    const { job, session } = claimed;
    const llm = await startJobGateway({
      job,
      variables,
      folders,
      cap: plan.cap,
      earlier: session.state.ledger?.spend ?? null,
      record: async () => this.#llm?.account.record(),
      log,
      stop,
    });
    const account = new SpendAccount({
      session,
      spending: llm.gateway.spending,
      committed: () => this.#saved?.entry.ledger ?? emptyLedger(plan.asked),
      onFailure: (error) => this.#noticeFailure('What was spent could not be recorded', error),
    });
    const started = { ...llm, account, startedAt: Date.now() };
    this.#llm = started;
    return started;
  }

  async #iterate(
    { gateway, access, configFile }: JobGateway,
    trace: Trace,
    committer: Committer,
    reportMetrics: () => void,
  ): Promise<JobEvolutionEnd> {
    const { claimed, environment, variables, folders, readControl, log, stop } = this.#options;
    let { plan } = this.#options;
    for (;;) {
      this.#cutOff.signal.throwIfAborted();
      if (stop.stop) {
        return { kind: 'stopped', stop: stop.stop };
      }
      const end = await runEvolution({
        job: claimed.job,
        asked: plan.asked,
        folders,
        configFile,
        gateway: {
          ...access,
          setCap: (cap) => gateway.setCap(cap),
          drain: () => gateway.drain(),
          held: () => gateway.status().held,
        },
        python: environment.OPENEVOLVE_PYTHON,
        isolated: environment.OPENEVOLVE_LIFELINE === undefined,
        variables,
        resume: this.#saved && {
          checkpoint: this.#saved.directory,
          ledger: this.#saved.entry.ledger,
          earlyStopping: this.#saved.entry.earlyStopping,
        },
        notices: claimed.notices,
        control: {
          everyMs: paceOf(environment.S3_OUTPUT_PREFIX).controlMs,
          read: (signal) => readControl(this.progress.standing.controlled, signal),
        },
        committer,
        progress: this.progress,
        trace,
        log,
        stop,
        cutOff: this.#cutOff.signal,
        reportMetrics,
        onStarted: this.#options.onStarted,
      });
      this.#cutOff.signal.throwIfAborted();
      const next = await readControl(this.progress.standing.controlled);
      if (end.kind === 'complete' && next.asked <= plan.asked) {
        return this.#complete(end.outcome);
      }
      if (stop.stop) {
        return { kind: 'stopped', stop: stop.stop };
      }
      if (end.kind === 'unfinished' && next.asked === plan.asked) {
        return end;
      }
      plan = next;
    }
  }

  #complete(outcome: Outcome): JobEvolutionEnd {
    const saved = this.#saved;
    return saved && saved.entry.ledger.done === this.progress.standing.ledger.done
      ? { kind: 'complete', outcome, saved }
      : { kind: 'unfinished', reason: 'the last checkpoint could not be committed' };
  }

  #beginCommits(trace: Trace): Committer {
    const { claimed, log } = this.#options;
    return new Committer({
      session: claimed.session,
      initial: this.progress.standing.initial,
      stamp: (ledger) => this.stamp(ledger),
      beforeCommit: (ledger) =>
        trace.store(ledger).catch((error: unknown) => {
          this.#noticeFailure('The trace could not be stored; the next commit tries again', error);
        }),
      onCommit: async (saved) => {
        const { seq, reason, ledger } = saved.entry;
        this.#saved = saved;
        this.#llm?.account.recorded(ledger);
        await this.progress.committed(saved.entry);
        const { done, asked } = ledger;
        log.info(`Commit ${seq} (${reason}): ${done} of ${asked} iterations are saved.`);
      },
      onFailure: (error) => this.#noticeFailure('A commit failed', error),
    });
  }

  /** A function that writes one line of metrics over the time since its last call. */
  #metrics({ gateway }: JobGateway): () => void {
    const { claimed, log } = this.#options;
    const look = () => ({
      at: Date.now(),
      done: this.progress.standing.ledger.done,
      ...gateway.status(),
    });
    let last = look();
    return () => {
      const now = look();
      const calls = now.calls - last.calls;
      const failures = now.failures - last.failures;
      const { iterations, seconds } = this.progress.lossWindow;
      const minutes = Math.max(1, now.at - last.at) / 60_000;
      const metrics = {
        bestScore: this.progress.standing.best?.score ?? null,
        iterationThroughput: (now.done - last.done) / minutes,
        llmCallSuccessRate: calls === 0 ? null : (calls - failures) / calls,
        lastCommitAgeSeconds: seconds,
        lossWindowIterations: iterations,
        llmLatencyMs: now.latencyMs,
        llmTokensPerMinute: (now.tokens - last.tokens) / minutes,
        llmUsd: usdSpent(gateway.spending.snapshot()),
        throughput: this.progress.standing.throughput ?? null,
      };
      last = now;
      const { owner, id } = claimed.job;
      log.metrics(embeddedMetrics(owner, id, metrics, new Date(now.at)));
    };
  }

  #calls(): Progress['calls'] {
    if (this.#llm === null) {
      return undefined;
    }
    const { gateway, startedAt } = this.#llm;
    const { calls: made, failures: failed, tokens, latencyMs, held, down } = gateway.status();
    const minutes = Math.max(1_000, Date.now() - startedAt) / 60_000;
    return { made, failed, tokensPerMinute: tokens / minutes, latencyMs, held, down: [...down] };
  }

  #noticeFailure(what: string, error: unknown): void {
    // What this attempt does from here on would be lost: nothing more is written.
    if (isSyncError(error, 'SUPERSEDED', 'DAMAGED') || isOurFault(error)) {
      this.#cutOff.abort(error);
      return;
    }
    const message = error instanceof Error ? error.message : String(error);
    this.#options.log.error(`${what}: ${message}`);
  }
}
