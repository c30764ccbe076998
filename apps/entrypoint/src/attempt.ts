import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { claimJob, isSyncError, type Session } from '@openevolve-aws/checkpoint-sync';
import {
  type AttemptRecord,
  type CommitEntry,
  type ContainerEnvironment,
  containerExit,
  emptyLedger,
  type Job,
  type Ledger,
  type Outcome,
  parseDocument,
  submissionSchema,
} from '@openevolve-aws/job-spec';
import type { Gateway } from '@openevolve-aws/llm-gateway';
import { isStoreError, type ObjectStore, openStore, retrying } from '@openevolve-aws/object-store';
import { inputKeys } from '@openevolve-aws/s3-layout';
import {
  beginRecord,
  closeKilledRecords,
  readEarlierRecords,
  storeRecord,
} from './attempt-records.ts';
import { type ControlPlan, planControl } from './control/control-plan.ts';
import { ControlRequests } from './control/control-requests.ts';
import { EntrypointError } from './errors.ts';
import { Committer } from './evolution/committer.ts';
import { embeddedMetrics } from './evolution/metrics.ts';
import { ProgressReporter } from './evolution/progress-reporter.ts';
import { runEvolution } from './evolution/run-evolution.ts';
import { Trace } from './evolution/trace.ts';
import { startJobGateway } from './gateway.ts';
import { downloadInputs, readJob } from './inputs.ts';
import type { Log } from './log.ts';
import { describeMachine } from './machine.ts';
import { InstanceMetadata } from './notices/instance-metadata.ts';
import { findNoticeSource, type NoticeSource } from './notices/notice-source.ts';
import { paceOf } from './pace.ts';
import { restoreJob } from './restore/restore-job.ts';
import { storeAttemptLog, writeOutputs } from './results/outputs.ts';
import type { StopRequest } from './stop-request.ts';
import { timeLeftMs } from './time-limit.ts';

export interface AttemptOptions {
  readonly environment: ContainerEnvironment;
  /** The container's whole environment; the runner gets an allowed part of it. */
  readonly variables: Readonly<Record<string, string | undefined>>;
  readonly log: Log;
  readonly stop: StopRequest;
}

/** What an attempt works on, once it has claimed the job. */
interface Claimed {
  readonly job: Job;
  readonly inputs: ObjectStore;
  readonly outputs: ObjectStore;
  readonly session: Session;
  readonly notices: NoticeSource;
  /** Of all attempts before this one, all of them ended. */
  readonly earlier: readonly AttemptRecord[];
}

/** A checkpoint directory and the commit that holds it. */
interface Saved {
  readonly entry: CommitEntry;
  readonly directory: string;
}

/** How an attempt ends: its exit code, and why in plain words. */
interface AttemptEnd {
  readonly how: 'done' | 'interrupted' | 'by itself';
  readonly exitCode: number;
  readonly reason: string;
}

/**
 * One attempt of a job: claim, inputs, restore, run, commit, results.
 *
 * @returns the container's exit code.
 * @throws {EntrypointError} whose code names the exit code.
 */
export async function runAttempt(options: AttemptOptions): Promise<number> {
  const { environment, log } = options;
  const startedAt = new Date().toISOString();
  const inputs = retrying(await openStore(environment.S3_INPUT_PREFIX));
  const outputs = retrying(await openStore(environment.S3_OUTPUT_PREFIX));
  const job = await readJob(inputs, environment);
  const session = await claimJob(outputs, {
    submission: environment.OPENEVOLVE_SUBMISSION,
    batchJobId: environment.AWS_BATCH_JOB_ID ?? null,
    batchAttempt: environment.AWS_BATCH_JOB_ATTEMPT ?? null,
  });
  log.info(`Job ${job.id} of ${job.owner}, generation ${session.generation}.`);

  const metadata = new InstanceMetadata(environment.AWS_EC2_METADATA_SERVICE_ENDPOINT);
  const [notices, machine, earlier] = await Promise.all([
    findNoticeSource(environment.OPENEVOLVE_NOTICE_FILE, metadata),
    describeMachine(metadata),
    readEarlierRecords(outputs, session.generation, (problem) => log.warn(problem)),
  ]);
  const claimed: Claimed = {
    job,
    inputs,
    outputs,
    session,
    notices,
    earlier: await closeKilledRecords(outputs, earlier, session.state),
  };
  const host = { noticeSource: notices.kind, machine };
  const record = beginRecord(job, session, environment, startedAt, host);
  return new Attempt(options, claimed, record).run();
}

class Attempt {
  readonly #options: AttemptOptions;
  readonly #claimed: Claimed;
  readonly #folders: { inputs: string; run: string; output: string; restored: string };
  readonly #control: ControlRequests;
  readonly #superseded = new AbortController();
  #record: AttemptRecord;
  #progress: ProgressReporter | null = null;
  #saved: Saved | null = null;

  constructor(options: AttemptOptions, claimed: Claimed, record: AttemptRecord) {
    this.#options = options;
    this.#claimed = claimed;
    this.#record = record;
    this.#control = new ControlRequests(claimed.inputs, (problem) => options.log.error(problem));
    const work = options.environment.OPENEVOLVE_WORK_DIR;
    this.#folders = {
      inputs: join(work, 'input'),
      run: join(work, 'run'),
      output: join(work, 'output'),
      restored: join(work, 'restored'),
    };
  }

  async run(): Promise<number> {
    const { log } = this.#options;
    await storeRecord(this.#claimed.outputs, this.#record);
    let end: AttemptEnd;
    try {
      end = await this.#work();
    } catch (error) {
      end = this.#failed(error);
    }
    log.info(`Ending with exit code ${end.exitCode}: ${end.reason}.`);
    if (end.exitCode !== containerExit.SUPERSEDED) {
      await this.#close(end);
    }
    return end.exitCode;
  }

  async #work(): Promise<AttemptEnd> {
    const { log, stop } = this.#options;
    const { job, session, inputs, earlier } = this.#claimed;
    await this.#makeFolders();
    await downloadInputs(inputs, job, this.#folders.inputs);
    await this.#restore();
    let plan = await this.#readControl(await this.#controlledBefore());
    const { end: complete } = session.state;
    if (complete && this.#saved && plan.asked <= complete.ledger.asked) {
      log.info('The run is complete already; only its results are left to write.');
      return this.#finish(complete.outcome, this.#saved);
    }
    if (plan.stop) {
      stop.request('asked to stop', 'STOPPED');
    }
    const limit = timeLeftMs(job.timeoutSeconds, earlier);
    const timer =
      limit === null
        ? undefined
        : setTimeout(() => stop.request(`time limit of ${job.timeoutSeconds} s`, 'STOPPED'), limit);
    const progress = this.#beginProgress(plan);
    const trace = new Trace(this.#claimed.outputs, session.generation);
    const committer = this.#beginCommits(progress, trace);
    await progress.enter('running');
    const { gateway, configFile } = await this.#startGateway();
    const reportMetrics = this.#metrics(progress, gateway);
    try {
      for (;;) {
        if (stop.stop) {
          return this.#stopped(stop.stop);
        }
        const end = await runEvolution({
          job,
          asked: plan.asked,
          folders: this.#folders,
          configFile,
          python: this.#options.environment.OPENEVOLVE_PYTHON,
          isolated: !this.#isLocal(),
          variables: this.#options.variables,
          resume: this.#saved && {
            checkpoint: this.#saved.directory,
            ledger: this.#saved.entry.ledger,
            earlyStopping: this.#saved.entry.earlyStopping,
          },
          notices: this.#claimed.notices,
          control: {
            everyMs: paceOf(this.#options.environment.S3_OUTPUT_PREFIX).controlMs,
            read: () => this.#readControl(progress.standing.controlled),
          },
          committer,
          progress,
          trace,
          log,
          stop,
          superseded: this.#superseded.signal,
          reportMetrics,
          onStarted: ({ python, openevolve, workers }) => {
            log.info(`OpenEvolve ${openevolve} on Python ${python} with ${workers} workers.`);
            const versions = { ...this.#record.versions, python, openevolve };
            this.#record = { ...this.#record, versions };
          },
        });
        this.#superseded.signal.throwIfAborted();
        if (stop.stop) {
          return this.#stopped(stop.stop);
        }
        const next = await this.#readControl(progress.standing.controlled);
        if (end.kind === 'unfinished' && next.asked === plan.asked) {
          return { how: 'by itself', exitCode: containerExit.GO_ON, reason: end.reason };
        }
        if (end.kind === 'complete' && next.asked <= plan.asked) {
          return await this.#complete(end.outcome, progress);
        }
        plan = next;
      }
    } finally {
      clearTimeout(timer);
      reportMetrics();
      await gateway.close();
    }
  }

  async #makeFolders(): Promise<void> {
    const { inputs, run, output } = this.#folders;
    for (const directory of Object.values(this.#folders)) {
      await rm(directory, { recursive: true, force: true });
    }
    for (const directory of [inputs, run, output]) {
      await mkdir(directory, { recursive: true });
    }
  }

  async #restore(): Promise<void> {
    const { environment, log } = this.#options;
    const { session, earlier, outputs } = this.#claimed;
    const { restored: directory } = this.#folders;
    const submission = environment.OPENEVOLVE_SUBMISSION;
    const { commit, skipped } = await restoreJob(session, directory, earlier, submission, log);
    this.#saved = commit && { entry: this.#carryOver(commit), directory };
    this.#record = {
      ...this.#record,
      skipped: [...skipped],
      resumedFrom: commit && {
        commit: commit.seq,
        generation: commit.generation,
        iterationsDone: commit.ledger.done,
      },
    };
    await storeRecord(outputs, this.#record);
    log.info(
      commit
        ? `Resuming from commit ${commit.seq} with ${commit.ledger.done} iterations done.`
        : 'Nothing is committed yet: starting from the beginning.',
    );
  }

  /** What was spent is never undone, and no number is used twice, also after an older commit. */
  #carryOver(commit: CommitEntry): CommitEntry {
    const newest: Ledger = this.#claimed.session.state.ledger ?? commit.ledger;
    const { tokens, lastIteration } = commit.ledger;
    const ledger = {
      ...commit.ledger,
      lastIteration: Math.max(lastIteration, newest.lastIteration),
      tokens: {
        prompt: Math.max(tokens.prompt, newest.tokens.prompt),
        completion: Math.max(tokens.completion, newest.tokens.completion),
      },
    };
    return { ...commit, ledger };
  }

  /** Control requests up to this number were made before this submission. */
  async #controlledBefore(): Promise<number> {
    const key = inputKeys.submission(this.#options.environment.OPENEVOLVE_SUBMISSION);
    try {
      const content = await this.#claimed.inputs.get(key);
      return parseDocument(submissionSchema, content, key).afterControl;
    } catch (error) {
      if (isStoreError(error, 'NOT_FOUND')) {
        return 0;
      }
      throw error;
    }
  }

  async #readControl(after: number): Promise<ControlPlan> {
    return planControl(await this.#control.read(), this.#claimed.job.iterations, after);
  }

  #beginProgress({ asked, controlled }: ControlPlan): ProgressReporter {
    const entry = this.#saved?.entry ?? null;
    this.#progress = new ProgressReporter({
      ledger: { ...(entry?.ledger ?? emptyLedger(asked)), asked },
      initial: entry?.initial ?? null,
      best: entry?.best ?? null,
      controlled,
      jobId: this.#claimed.job.id,
      session: this.#claimed.session,
      outputs: this.#claimed.outputs,
      lastCommit: entry,
      startedAt: this.#record.startedAt,
      intervalMs: paceOf(this.#options.environment.S3_OUTPUT_PREFIX).progressMs,
      onFailure: (error) => this.#noticeFailure('The progress report could not be stored', error),
    });
    return this.#progress;
  }

  #beginCommits(progress: ProgressReporter, trace: Trace): Committer {
    const { log } = this.#options;
    return new Committer({
      session: this.#claimed.session,
      initial: progress.standing.initial,
      onCommit: async (saved) => {
        const { seq, reason, ledger } = saved.entry;
        this.#saved = saved;
        await trace.store(ledger).catch((error: unknown) => {
          this.#noticeFailure('The trace could not be stored; the next commit tries again', error);
        });
        await progress.committed(saved.entry);
        log.info(
          `Commit ${seq} (${reason}): ${ledger.done} of ${ledger.asked} iterations are saved.`,
        );
      },
      onFailure: (error) => this.#noticeFailure('A commit failed', error),
    });
  }

  async #startGateway(): Promise<{ gateway: Gateway; configFile: string }> {
    const { environment, log } = this.#options;
    const { inputs, run } = this.#folders;
    return startJobGateway(this.#claimed.job, environment, inputs, run, log);
  }

  #metrics(progress: ProgressReporter, gateway: Gateway): () => void {
    const { job } = this.#claimed;
    let last = { at: Date.now(), done: progress.standing.ledger.done, calls: gateway.usage() };
    return () => {
      const now = { at: Date.now(), done: progress.standing.ledger.done, calls: gateway.usage() };
      const requests = now.calls.requests - last.calls.requests;
      const failures = now.calls.failures - last.calls.failures;
      const { iterations, seconds } = progress.lossWindow;
      const metrics = {
        bestScore: progress.standing.best?.score ?? null,
        iterationThroughput: ((now.done - last.done) / Math.max(1, now.at - last.at)) * 60_000,
        llmCallSuccessRate: requests === 0 ? null : (requests - failures) / requests,
        lastCommitAgeSeconds: seconds,
        lossWindowIterations: iterations,
      };
      last = now;
      this.#options.log.pass(embeddedMetrics(job.owner, job.id, metrics, new Date(now.at)));
    };
  }

  #stopped({ reason, exit }: { reason: string; exit: 'GO_ON' | 'STOPPED' }): AttemptEnd {
    return { how: 'interrupted', exitCode: containerExit[exit], reason: `interrupted (${reason})` };
  }

  async #complete(outcome: Outcome, progress: ProgressReporter): Promise<AttemptEnd> {
    const saved = this.#saved;
    if (!saved || saved.entry.ledger.done !== progress.standing.ledger.done) {
      return {
        how: 'by itself',
        exitCode: containerExit.GO_ON,
        reason: 'the last checkpoint could not be committed, so the next attempt goes on',
      };
    }
    const { session } = this.#claimed;
    await session.end(outcome, saved.entry.seq, saved.entry.ledger);
    return this.#finish(outcome, saved);
  }

  /** Writes the results of a run that is complete. */
  async #finish(outcome: Outcome, { entry, directory }: Saved): Promise<AttemptEnd> {
    const { job, outputs, session, earlier } = this.#claimed;
    await this.#progress?.enter('writing results');
    const success: AttemptEnd = {
      how: 'done',
      exitCode: containerExit.DONE,
      reason: `done (${outcome})`,
    };
    await storeAttemptLog(outputs, session.generation, this.#folders.output);
    await writeOutputs({
      job,
      outputs,
      session,
      outcome,
      commit: entry,
      directory,
      attempts: [...earlier, this.#closedRecord(success)],
    });
    return success;
  }

  #failed(error: unknown): AttemptEnd {
    const { log } = this.#options;
    if (this.#superseded.signal.aborted || isSyncError(error, 'SUPERSEDED')) {
      return {
        how: 'by itself',
        exitCode: containerExit.SUPERSEDED,
        reason: 'a newer attempt has taken over; nothing more is written',
      };
    }
    if (error instanceof EntrypointError && error.code !== 'NO_PYTHON') {
      log.error(error.message);
      return { how: 'by itself', exitCode: containerExit[error.code], reason: error.message };
    }
    const reason = error instanceof Error ? error.message : String(error);
    log.error(`The attempt failed: ${error instanceof Error ? (error.stack ?? reason) : reason}`);
    const goOn = error instanceof Error && 'permanent' in error && error.permanent === false;
    return {
      how: 'by itself',
      exitCode: goOn ? containerExit.GO_ON : containerExit.INTERNAL,
      reason,
    };
  }

  /** The last words of an attempt: its log, its record and, where it will not go on, the entry. */
  async #close(end: AttemptEnd): Promise<void> {
    const { outputs, session } = this.#claimed;
    try {
      if (end.how !== 'done') {
        await storeAttemptLog(outputs, session.generation, this.#folders.output);
        const reason = end.reason.slice(0, 1000);
        await session.stop(end.exitCode, reason, end.how === 'interrupted');
      }
      await storeRecord(outputs, this.#closedRecord(end));
      await this.#progress?.enter('ended');
    } catch (error) {
      this.#options.log.error(`The end of the attempt could not be recorded: ${String(error)}`);
    }
  }

  #closedRecord({ how, exitCode, reason }: AttemptEnd): AttemptRecord {
    const saved = this.#saved?.entry ?? null;
    const done = this.#progress?.standing.ledger.done ?? saved?.ledger.done ?? 0;
    return {
      ...this.#record,
      ended: {
        at: new Date().toISOString(),
        how,
        exitCode,
        reason,
        iterationsDone: done,
        commit: saved?.seq ?? null,
        iterationsLost: Math.max(0, done - (saved?.ledger.done ?? 0)),
      },
    };
  }

  #noticeFailure(what: string, error: unknown): void {
    if (isSyncError(error, 'SUPERSEDED')) {
      this.#superseded.abort(error);
      return;
    }
    const message = error instanceof Error ? error.message : String(error);
    this.#options.log.error(`${what}: ${message}`);
  }

  #isLocal(): boolean {
    return this.#options.environment.OPENEVOLVE_LIFELINE !== undefined;
  }
}
