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
} from '@openevolve-aws/job-spec';
import { type ObjectStore, openStore, retrying } from '@openevolve-aws/object-store';
import { beginRecord, storeRecord } from './attempt-record.ts';
import { Committer } from './committer.ts';
import { EntrypointError } from './errors.ts';
import { startJobGateway } from './gateway.ts';
import { downloadInputs, readJob } from './inputs.ts';
import type { Log } from './log.ts';
import { storeAttemptLog, writeOutputs } from './outputs.ts';
import { ProgressReporter } from './progress-reporter.ts';
import { type EvolutionEnd, runEvolution } from './run-evolution.ts';
import type { StopRequest } from './stop-request.ts';
import { Trace } from './trace.ts';

export interface AttemptOptions {
  readonly environment: ContainerEnvironment;
  /** The container's whole environment; the runner gets an allowed part of it. */
  readonly variables: Readonly<Record<string, string | undefined>>;
  readonly log: Log;
  readonly stop: StopRequest;
}

interface Restored {
  readonly entry: CommitEntry;
  readonly directory: string;
}

/** How an attempt ends: its exit code, and why in plain words. */
interface AttemptEnd {
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
  const inputs = retrying(await openStore(environment.S3_INPUT_PREFIX));
  const outputs = retrying(await openStore(environment.S3_OUTPUT_PREFIX));
  const startedAt = new Date().toISOString();
  const job = await readJob(inputs, environment);
  const session = await claimJob(outputs, {
    submission: environment.OPENEVOLVE_SUBMISSION,
    batchJobId: environment.AWS_BATCH_JOB_ID ?? null,
    batchAttempt: environment.AWS_BATCH_JOB_ATTEMPT ?? null,
  });
  log.info(`Job ${job.id} of ${job.owner}, generation ${session.generation}.`);
  const attempt = new Attempt(
    options,
    job,
    inputs,
    outputs,
    session,
    beginRecord(job, session, environment, startedAt),
  );
  return attempt.run();
}

class Attempt {
  readonly #options: AttemptOptions;
  readonly #job: Job;
  readonly #inputs: ObjectStore;
  readonly #outputs: ObjectStore;
  readonly #session: Session;
  readonly #folders: { inputs: string; run: string; output: string; restored: string };
  readonly #superseded = new AbortController();
  #record: AttemptRecord;
  #progress: ProgressReporter | null = null;
  #lastCommit: CommitEntry | null = null;

  constructor(
    options: AttemptOptions,
    job: Job,
    inputs: ObjectStore,
    outputs: ObjectStore,
    session: Session,
    record: AttemptRecord,
  ) {
    this.#options = options;
    this.#job = job;
    this.#inputs = inputs;
    this.#outputs = outputs;
    this.#session = session;
    this.#record = record;
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
    await storeRecord(this.#outputs, this.#record);
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
    const { job, session, folders, log } = {
      job: this.#job,
      session: this.#session,
      folders: this.#folders,
      log: this.#options.log,
    };
    for (const directory of Object.values(folders)) {
      await rm(directory, { recursive: true, force: true });
    }
    for (const directory of [folders.inputs, folders.run, folders.output]) {
      await mkdir(directory, { recursive: true });
    }
    await downloadInputs(this.#inputs, job, folders.inputs);
    const restored = await this.#restore();
    const ended = session.state.end;
    if (ended && restored) {
      log.info('The run is complete already; only its results are left to write.');
      return this.#finish(ended.outcome, restored);
    }

    const standing = {
      ledger: { ...(restored?.entry.ledger ?? emptyLedger(job.iterations)), asked: job.iterations },
      initial: restored?.entry.initial ?? null,
      best: restored?.entry.best ?? null,
    };
    const progress = new ProgressReporter({
      ...standing,
      jobId: job.id,
      session,
      outputs: this.#outputs,
      lastCommit: restored?.entry ?? null,
      startedAt: this.#record.startedAt,
      onFailure: (error) => this.#noticeFailure('The progress report could not be stored', error),
    });
    this.#progress = progress;
    await progress.enter('running');

    const trace = new Trace(this.#outputs, session.generation);
    const committer = new Committer({
      session,
      initial: standing.initial,
      onCommit: async ({ entry }) => {
        this.#lastCommit = entry;
        await trace.store(entry.ledger).catch((error: unknown) => {
          this.#noticeFailure('The trace could not be stored; the next commit tries again', error);
        });
        await progress.committed(entry);
        log.info(
          `Commit ${entry.seq}: ${entry.ledger.done} iterations are safe (${entry.reason}).`,
        );
      },
      onFailure: (error) => this.#noticeFailure('A commit failed', error),
    });

    const end = await this.#evolve(restored, committer, progress, trace);
    this.#superseded.signal.throwIfAborted();
    await progress.enter('stopping');
    const last = committer.last;
    if (end.kind === 'unfinished') {
      return { exitCode: containerExit.GO_ON, reason: end.reason };
    }
    if (!last || last.entry.ledger.done !== progress.standing.ledger.done) {
      return {
        exitCode: containerExit.GO_ON,
        reason: 'the last checkpoint could not be committed, so the next attempt goes on',
      };
    }
    await session.end(end.outcome, last.entry.seq, last.entry.ledger);
    return this.#finish(end.outcome, last);
  }

  async #restore(): Promise<Restored | null> {
    const { log } = this.#options;
    const result = await this.#session.restore(this.#folders.restored);
    for (const { seq, reason } of result.skipped) {
      log.warn(`Commit ${seq} was passed over: ${reason}`);
    }
    const entry = result.commit;
    this.#record = {
      ...this.#record,
      skipped: [...result.skipped],
      resumedFrom: entry && {
        commit: entry.seq,
        generation: entry.generation,
        iterationsDone: entry.ledger.done,
      },
    };
    this.#lastCommit = entry;
    await storeRecord(this.#outputs, this.#record);
    if (!entry) {
      log.info('Nothing is committed yet: starting from the beginning.');
      return null;
    }
    log.info(`Resuming from commit ${entry.seq} with ${entry.ledger.done} iterations done.`);
    return { entry, directory: this.#folders.restored };
  }

  async #evolve(
    restored: Restored | null,
    committer: Committer,
    progress: ProgressReporter,
    trace: Trace,
  ): Promise<EvolutionEnd> {
    const { environment, variables, log, stop } = this.#options;
    if (stop.stop) {
      return {
        kind: 'unfinished',
        reason: `interrupted (${stop.stop.reason}) before the run began`,
      };
    }
    const { gateway, configFile } = await startJobGateway(
      this.#job,
      environment,
      this.#folders.inputs,
      this.#folders.run,
      log,
    );
    try {
      return await runEvolution({
        job: this.#job,
        folders: this.#folders,
        configFile,
        python: environment.OPENEVOLVE_PYTHON,
        variables,
        noticeFile: environment.OPENEVOLVE_NOTICE_FILE,
        resume: restored && {
          checkpoint: restored.directory,
          ledger: { ...restored.entry.ledger, asked: this.#job.iterations },
        },
        committer,
        progress,
        trace,
        log,
        stop,
        superseded: this.#superseded.signal,
        onStarted: ({ python, openevolve, workers }) => {
          log.info(`OpenEvolve ${openevolve} on Python ${python} with ${workers} workers.`);
          this.#record = {
            ...this.#record,
            versions: { ...this.#record.versions, python, openevolve },
          };
        },
      });
    } finally {
      await gateway.close();
    }
  }

  /** Writes the results of a run that is complete. */
  async #finish(
    outcome: 'iterations' | 'target' | 'early-stop',
    { entry, directory }: Restored,
  ): Promise<AttemptEnd> {
    await this.#progress?.enter('writing results');
    const success = { exitCode: containerExit.DONE, reason: `done (${outcome})` };
    await storeAttemptLog(this.#outputs, this.#session.generation, this.#folders.output);
    await writeOutputs({
      job: this.#job,
      outputs: this.#outputs,
      session: this.#session,
      outcome,
      commit: entry,
      directory,
      attempt: this.#closedRecord(success),
    });
    return success;
  }

  #failed(error: unknown): AttemptEnd {
    const { log } = this.#options;
    if (this.#superseded.signal.aborted || isSuperseded(error)) {
      return {
        exitCode: containerExit.SUPERSEDED,
        reason: 'a newer attempt has taken over; nothing more is written',
      };
    }
    if (error instanceof EntrypointError && error.code !== 'NO_PYTHON') {
      log.error(error.message);
      return { exitCode: containerExit[error.code], reason: error.message };
    }
    const message = error instanceof Error ? error.message : String(error);
    log.error(`The attempt failed: ${error instanceof Error ? (error.stack ?? message) : message}`);
    const goOn = error instanceof Error && 'permanent' in error && error.permanent === false;
    return {
      exitCode: goOn ? containerExit.GO_ON : containerExit.INTERNAL,
      reason: message,
    };
  }

  /** The last words of an attempt: its log, its record and, where it will not go on, the entry. */
  async #close(end: AttemptEnd): Promise<void> {
    const { log } = this.#options;
    try {
      if (end.exitCode !== containerExit.DONE) {
        await storeAttemptLog(this.#outputs, this.#session.generation, this.#folders.output);
        await this.#session.stop(end.exitCode, end.reason.slice(0, 1000));
      }
      await storeRecord(this.#outputs, this.#closedRecord(end));
      await this.#progress?.enter('ended');
    } catch (error) {
      log.error(`The end of the attempt could not be recorded: ${String(error)}`);
    }
  }

  #closedRecord({ exitCode, reason }: AttemptEnd): AttemptRecord {
    const done = this.#progress?.standing.ledger.done ?? this.#lastCommit?.ledger.done ?? 0;
    return {
      ...this.#record,
      ended: {
        at: new Date().toISOString(),
        exitCode,
        reason,
        iterationsDone: done,
        commit: this.#lastCommit?.seq ?? null,
        iterationsLost: Math.max(0, done - (this.#lastCommit?.ledger.done ?? 0)),
      },
    };
  }

  #noticeFailure(what: string, error: unknown): void {
    if (isSuperseded(error)) {
      this.#superseded.abort(error);
      return;
    }
    const message = error instanceof Error ? error.message : String(error);
    this.#options.log.error(`${what}: ${message}`);
  }
}

function isSuperseded(error: unknown): boolean {
  return isSyncError(error, 'SUPERSEDED');
}
