import { join } from 'node:path';
import {
  type AttemptRecord,
  type ContainerEnvironment,
  containerExit,
  type Outcome,
  parseDocument,
  type Summary,
  submissionSchema,
  timeLeftMs,
} from '@openevolve-aws/job-spec';
import { isStoreError } from '@openevolve-aws/object-store';
import { inputKeys } from '@openevolve-aws/s3-layout';
import { type AttemptEnd, endOf } from './attempt-end.ts';
import { beginRecord, storeRecord } from './attempt-records.ts';
import { type ClaimedJob, claimTheJob } from './claimed-job.ts';
import { type ControlPlan, planControl } from './control/control-plan.ts';
import { ControlRequests } from './control/control-requests.ts';
import { JobEvolution, type JobEvolutionEnd, type Saved } from './evolution/job-evolution.ts';
import { type Folders, makeFolders } from './folders.ts';
import { downloadInputs } from './inputs.ts';
import type { Log } from './log.ts';
import { installRequirements } from './python/job-requirements.ts';
import { restoreJob } from './restore/restore-job.ts';
import { carryOver, completeRun } from './restore/restored-run.ts';
import { storeAttemptLog, writeOutputs } from './results/outputs.ts';
import { tagOutputs } from './results/tag-outputs.ts';
import { jobEnvironment } from './runner/environment.ts';
import { runnerDirectory } from './runner/runner-process.ts';
import type { Stop, StopRequest } from './stop-request.ts';

export interface AttemptOptions {
  readonly environment: ContainerEnvironment;
  /** The container's whole environment; the runner gets an allowed part of it. */
  readonly variables: Readonly<Record<string, string | undefined>>;
  readonly log: Log;
  readonly stop: StopRequest;
}

/**
 * One attempt of a job: claim, inputs, restore, evolve, results.
 *
 * @returns the container's exit code.
 * @throws what {@link endOf} turns into an exit code, when the job could not even be claimed.
 */
export async function runAttempt(options: AttemptOptions): Promise<number> {
  const { environment, log } = options;
  const startedAt = new Date().toISOString();
  const claimed = await claimTheJob(environment, log);
  const folders = await makeFolders(environment.OPENEVOLVE_WORK_DIR);
  const { job, session, notices, machine } = claimed;
  const host = { noticeSource: notices.kind, machine };
  const record = beginRecord(job, session, environment, startedAt, host);
  return new Attempt(options, claimed, folders, record).run();
}

class Attempt {
  readonly #options: AttemptOptions;
  readonly #claimed: ClaimedJob;
  readonly #folders: Folders;
  readonly #control: ControlRequests;
  #record: AttemptRecord;
  readonly #began = performance.now();
  /** The time limit that the timer is set to. */
  #timeoutSeconds: number | null = null;
  #timer: NodeJS.Timeout | undefined;
  #restored: Saved | null = null;
  #evolution: JobEvolution | null = null;
  /** The label of the checkpoint that results were written from. */
  #results: string | null = null;

  constructor(
    options: AttemptOptions,
    claimed: ClaimedJob,
    folders: Folders,
    record: AttemptRecord,
  ) {
    this.#options = options;
    this.#claimed = claimed;
    this.#folders = folders;
    this.#record = record;
    this.#control = new ControlRequests(claimed.inputs, (problem) => options.log.error(problem));
  }

  async run(): Promise<number> {
    const { log } = this.#options;
    let end: AttemptEnd;
    try {
      await storeRecord(this.#claimed.outputs, this.#record);
      end = await this.#work();
    } catch (error) {
      end = endOf(error);
      const isOurs = end.exitCode === containerExit.INTERNAL && error instanceof Error;
      log.error(isOurs ? (error.stack ?? end.reason) : end.reason);
    }
    clearTimeout(this.#timer);
    log.info(`Ending with exit code ${end.exitCode}: ${end.reason}.`);
    if (end.exitCode !== containerExit.SUPERSEDED) {
      await this.#close(end);
    }
    return end.exitCode;
  }

  /** The limit counts from the attempt's start, not from the runner's: packages may take minutes. */
  #limitTime(timeoutSeconds: number | null): void {
    if (timeoutSeconds === this.#timeoutSeconds) {
      return;
    }
    this.#timeoutSeconds = timeoutSeconds;
    clearTimeout(this.#timer);
    const left = timeLeftMs(timeoutSeconds, this.#claimed.earlier);
    if (left !== null) {
      const end = () => this.#options.stop.request(`time limit of ${timeoutSeconds} s`, 'STOPPED');
      this.#timer = setTimeout(end, left - (performance.now() - this.#began));
    }
  }

  async #work(): Promise<AttemptEnd> {
    const { log, stop, environment, variables } = this.#options;
    const { job, session, inputs } = this.#claimed;
    const controlledBefore = await this.#controlledBefore();
    await this.#readControl(controlledBefore);
    await downloadInputs(inputs, job, this.#folders.inputs);
    await this.#restore();
    const plan = await this.#readControl(controlledBefore);
    const complete = completeRun(session, this.#restored, plan);
    if (complete) {
      log.info('The run is complete already; only its results are left to write.');
      await this.#writeResults(complete.outcome, complete.saved, done(complete.outcome));
      return done(complete.outcome);
    }
    if (plan.stop) {
      stop.request('asked to stop', 'STOPPED');
    }
    this.#evolution = new JobEvolution({
      claimed: this.#claimed,
      environment: { ...environment, OPENEVOLVE_PYTHON: await this.#preparePython() },
      variables,
      folders: this.#folders,
      restored: this.#restored,
      plan,
      readControl: (after, signal) => this.#readControl(after, signal),
      log,
      stop,
      onStarted: ({ python, openevolve, workers }) => {
        log.info(`OpenEvolve ${openevolve} on Python ${python} with ${workers} workers.`);
        const versions = { ...this.#record.versions, python, openevolve };
        this.#record = { ...this.#record, versions };
      },
    });
    return this.#conclude(await this.#evolution.run());
  }

  /** The Python that has OpenEvolve and what the job requires. */
  async #preparePython(): Promise<string> {
    const { environment, variables, log, stop } = this.#options;
    const { job } = this.#claimed;
    const python = environment.OPENEVOLVE_PYTHON;
    if (job.requirements === null || stop.stop) {
      return python;
    }
    log.info(`Installing the packages of ${job.requirements}.`);
    const { inputs, run } = this.#folders;
    try {
      return await installRequirements({
        python,
        lock: join(runnerDirectory, 'requirements.txt'),
        requirements: join(inputs, job.requirements),
        directory: join(run, 'python'),
        environment: jobEnvironment(variables, run, job.env),
        signal: stop.signal,
      });
    } catch (error) {
      // Whatever the attempt was stopped for comes before what it then could not do.
      if (stop.stop) return python;
      throw error;
    }
  }

  async #conclude(end: JobEvolutionEnd): Promise<AttemptEnd> {
    switch (end.kind) {
      case 'stopped':
        return this.#stopped(end.stop);
      case 'unfinished':
        return { how: 'by itself', exitCode: containerExit.GO_ON, reason: end.reason };
      case 'complete': {
        const saved = this.#withSpend(end.saved);
        await this.#claimed.session.end(end.outcome, saved.entry.seq, saved.entry.ledger);
        await this.#writeResults(end.outcome, saved, done(end.outcome));
        return done(end.outcome);
      }
    }
  }

  async #stopped({ reason, exit }: Stop): Promise<AttemptEnd> {
    const end: AttemptEnd = {
      how: 'interrupted',
      exitCode: containerExit[exit],
      reason: exit === 'GO_ON' || exit === 'STOPPED' ? `interrupted (${reason})` : reason,
    };
    const saved = this.#evolution?.saved ?? this.#restored;
    if (exit === 'CAP_REACHED' && saved) {
      await this.#writeResults('cap', this.#withSpend(saved), end);
    }
    return end;
  }

  #withSpend({ entry, directory }: Saved): Saved {
    const ledger = this.#evolution?.stamp(entry.ledger) ?? entry.ledger;
    return { entry: { ...entry, ledger }, directory };
  }

  async #restore(): Promise<void> {
    const { environment, log } = this.#options;
    const { session, earlier, outputs } = this.#claimed;
    const { restored: directory } = this.#folders;
    const submission = environment.OPENEVOLVE_SUBMISSION;
    const { commit, skipped } = await restoreJob(session, directory, earlier, submission, log);
    this.#restored = commit && { entry: carryOver(commit, session), directory };
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
        : `${skipped.length > 0 ? 'No commit can be used' : 'Nothing is committed yet'}: starting from the beginning.`,
    );
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

  async #readControl(after: number, signal?: AbortSignal): Promise<ControlPlan> {
    const plan = planControl(await this.#control.read(signal), this.#claimed.job, after);
    this.#limitTime(plan.timeoutSeconds);
    return plan;
  }

  /** Writes the results of a run that is complete, or that goes no further under its cap. */
  async #writeResults(
    outcome: Summary['outcome'],
    { entry, directory }: Saved,
    end: AttemptEnd,
  ): Promise<void> {
    const { job, outputs, session, earlier } = this.#claimed;
    await this.#evolution?.progress.enter('writing results');
    await storeAttemptLog(outputs, session.generation, this.#folders.output);
    await writeOutputs({
      job,
      outputs,
      session,
      outcome,
      commit: entry,
      directory,
      attempts: [...earlier, this.#closedRecord(end)],
      onProblem: (problem) => this.#options.log.warn(problem),
    });
    this.#results = entry.label;
  }

  /**
   * The last words of an attempt: its record and, where it will not go on, the entry; then its log,
   * which may be long. Nothing more is written when the entry is refused: the job may have a newer
   * attempt.
   */
  async #close(end: AttemptEnd): Promise<void> {
    const { outputs, session } = this.#claimed;
    const { log } = this.#options;
    try {
      if (end.how !== 'done') {
        const reason = end.reason.slice(0, 1000);
        await session.stop(end.exitCode, reason, end.how === 'interrupted');
      }
      await storeRecord(outputs, this.#closedRecord(end));
    } catch (error) {
      log.error(`The end of the attempt could not be recorded: ${String(error)}`);
      return;
    }
    if (end.how !== 'done') {
      await storeAttemptLog(outputs, session.generation, this.#folders.output).catch((error) =>
        log.error(`The log of the attempt could not be stored: ${String(error)}`),
      );
    }
    await this.#evolution?.progress.enter('ended');
    if (end.exitCode !== containerExit.GO_ON) {
      await this.#release();
    }
  }

  /** The job is over, so its bucket's lifecycle rules may have what it wrote. */
  async #release(): Promise<void> {
    const { environment, log } = this.#options;
    if (!environment.S3_OUTPUT_PREFIX.startsWith('s3:')) {
      return;
    }
    try {
      const checkpoint = this.#results;
      await tagOutputs(this.#claimed.outputs, { finished: checkpoint !== null, checkpoint });
    } catch (error) {
      log.warn(`Some outputs have no tag and are kept for ever: ${String(error)}`);
    }
  }

  #closedRecord({ how, exitCode, reason }: AttemptEnd): AttemptRecord {
    const saved = (this.#evolution?.saved ?? this.#restored)?.entry ?? null;
    const savedDone = saved?.ledger.done ?? 0;
    const done = this.#evolution?.progress.standing.ledger.done ?? savedDone;
    return {
      ...this.#record,
      ended: {
        at: new Date().toISOString(),
        how,
        exitCode,
        reason,
        iterationsDone: done,
        commit: saved?.seq ?? null,
        iterationsLost: Math.max(0, done - savedDone),
      },
    };
  }
}

function done(outcome: Outcome): AttemptEnd {
  return { how: 'done', exitCode: containerExit.DONE, reason: `done (${outcome})` };
}
