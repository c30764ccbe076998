import { rm } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { isTerminal } from '../backend.ts';
import type { AttemptProcess } from './attempt-process.ts';
import { hintOfChanges } from './change-hint.ts';
import { workFolder } from './home.ts';
import { type JobRecord, requestSchema, type SupervisorRequest } from './job-record.ts';
import { listJson, readJson } from './json-file.ts';
import {
  type AttemptOutcome,
  beginAttempt,
  endAttempt,
  failToStart,
  terminateWaiting,
} from './lifecycle.ts';
import { readRecords, saveRecord } from './record-files.ts';
import { jobsToStart } from './schedule.ts';
import { forgetSecrets } from './secrets.ts';
import { adoptAttempt, type StartOptions, startAttempt } from './start-attempt.ts';
import { takeSupervisorLock } from './supervisor-lock.ts';
import { sweep } from './sweep.ts';

/** Between looks at the folders when no change is seen. */
const LOOK_MS = 500;
/** How long it waits for more work before it ends. */
const IDLE_MS = 1_000;

export interface SupervisorOptions extends StartOptions {
  /** vCPUs to give out; those of this machine without it. */
  readonly capacity?: number;
}

/**
 * Stands in AWS Batch's place on one machine: starts what is submitted when its vCPUs are free,
 * applies the retry rules, and ends when there is nothing left to do. At most one works on a home;
 * a second one ends within seconds, or takes over from one that died.
 *
 * When it loses its lock (someone removed it, or the machine slept and another took over) or fails,
 * it gives up all its attempts at once, which then save and end, and writes nothing more. After a
 * loss it tries for the lock again; a failure is thrown.
 *
 * The caller runs it in a process of its own and ends that process when this settles: a supervisor's
 * death is what tells attempts to save.
 *
 * @returns true when nothing is left to do, false when another one works.
 * @throws what made it fail, such as a full disk; the next call of a backend starts another one. A
 *   home that was removed is not made again.
 * @example
 * await runSupervisor({
 *   home: localHome('/home/alice/.local/share/openevolve-aws'),
 *   entrypoint: [process.execPath, '/opt/openevolve/entrypoint.js'],
 *   variables: {},
 *   report: (line) => process.stderr.write(`${line}\n`),
 * });
 * process.exit();
 */
export async function runSupervisor(options: SupervisorOptions): Promise<boolean> {
  const { home, report } = options;
  for (;;) {
    const lock = await takeSupervisorLock(home);
    if (lock === null) {
      return false;
    }
    try {
      await new Supervisor(options, lock.lost).work();
    } catch (error) {
      if (!lock.lost.aborted) {
        throw error;
      }
      report(`the lock of ${home.directory} was lost, so all attempts are given up: ${error}`);
      continue;
    } finally {
      await lock.release();
    }
    // What was submitted between the last look and the release has nobody but us.
    const records = await readRecords(home, () => undefined);
    if (records.every(({ status }) => isTerminal(status))) {
      return true;
    }
  }
}

/** An unfinished job. Only the supervisor's loop changes it. */
interface ActiveJob {
  record: JobRecord;
  /** Set while the record is RUNNING; also of an attempt that an earlier supervisor started. */
  attempt: AttemptProcess | null;
}

class Supervisor {
  readonly #options: SupervisorOptions;
  readonly #lost: AbortSignal;
  readonly #capacity: number;
  readonly #jobs = new Map<string, ActiveJob>();
  /** Ids of jobs that have ended. */
  readonly #ended = new Set<string>();
  /** Ids of records that cannot be read, and were reported. */
  readonly #unreadable = new Set<string>();
  /** Attempts that have ended and are not yet in the records. */
  readonly #exits: { job: ActiveJob; outcome: AttemptOutcome }[] = [];
  #changed = false;
  #wake: () => void = () => undefined;

  constructor(options: SupervisorOptions, lost: AbortSignal) {
    this.#options = options;
    this.#lost = lost;
    this.#capacity = options.capacity ?? availableParallelism();
  }

  async work(): Promise<void> {
    const { home } = this.#options;
    const notify = () => this.#notify();
    const endHints = [home.jobs, home.requests].map((folder) => hintOfChanges(folder, notify));
    this.#lost.addEventListener('abort', notify);
    try {
      await this.#adopt();
      const swept = sweep(home, (id) => this.#ended.has(id));
      await this.#tolerate(`what is left of ended jobs in ${home.directory}`, swept);
      for (let idleSince = Date.now(); Date.now() - idleSince < IDLE_MS; ) {
        await this.#look();
        if (this.#jobs.size > 0) {
          idleSince = Date.now();
        }
        await this.#nextChange();
      }
    } finally {
      this.#lost.removeEventListener('abort', notify);
      for (const endHint of endHints) {
        endHint();
      }
      for (const { attempt } of this.#jobs.values()) {
        attempt?.letGo();
      }
    }
  }

  async #look(): Promise<void> {
    this.#changed = false;
    // Listed before the jobs are, since a job is always there before what is asked of it.
    const requests = await listJson(this.#options.home.requests);
    await this.#adopt();
    for (const { job, outcome } of this.#exits.splice(0)) {
      job.attempt = null;
      await this.#save(job, endAttempt(job.record, outcome, new Date()));
    }
    for (const name of requests) {
      await this.#answer(name);
    }
    const records = [...this.#jobs.values()].map(({ record }) => record);
    for (const { batchJobId } of jobsToStart(records, this.#capacity)) {
      const job = this.#jobs.get(batchJobId);
      if (job) {
        await this.#start(job);
      }
    }
  }

  #notify(): void {
    this.#changed = true;
    this.#wake();
  }

  /** Settles at once when something has changed since the last look began. */
  async #nextChange(): Promise<void> {
    if (!this.#changed) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, LOOK_MS);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    this.#lost.throwIfAborted();
  }

  /** Takes in what is new, and what an earlier supervisor left unfinished. */
  async #adopt(): Promise<void> {
    const records = await readRecords(
      this.#options.home,
      (id, error) => {
        if (!this.#unreadable.has(id)) {
          this.#unreadable.add(id);
          this.#options.report(`the record of job ${id} is passed over: ${error}`);
        }
      },
      (id) => this.#jobs.has(id) || this.#ended.has(id),
    );
    for (const record of records) {
      if (isTerminal(record.status)) {
        this.#ended.add(record.batchJobId);
        continue;
      }
      const job: ActiveJob = { record, attempt: null };
      this.#jobs.set(record.batchJobId, job);
      const identity = record.attempts.at(-1)?.process;
      if (record.status === 'RUNNING' && identity) {
        this.#watch(job, adoptAttempt(this.#options, record, identity));
      } else if (record.status === 'RUNNING') {
        this.#exits.push({ job, outcome: { exitCode: null, machineTaken: true } });
      } else if (record.status !== 'RUNNABLE') {
        await this.#save(job, { ...record, status: 'RUNNABLE' });
      }
    }
  }

  async #start(job: ActiveJob): Promise<void> {
    await this.#save(job, { ...job.record, status: 'STARTING' });
    let attempt: AttemptProcess;
    try {
      attempt = await startAttempt(this.#options, job.record);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      this.#options.report(`job ${job.record.batchJobId} could not be started: ${why}`);
      await this.#save(job, failToStart(job.record, why, new Date()));
      return;
    }
    this.#watch(job, attempt);
    await this.#save(job, beginAttempt(job.record, attempt.identity, new Date()));
  }

  #watch(job: ActiveJob, attempt: AttemptProcess): void {
    job.attempt = attempt;
    void attempt.exited.then((outcome) => {
      this.#exits.push({ job, outcome });
      this.#notify();
    });
  }

  async #answer(name: string): Promise<void> {
    this.#lost.throwIfAborted();
    const path = join(this.#options.home.requests, `${name}.json`);
    const request = await this.#tolerate(`request ${name}`, readJson(requestSchema, path));
    const job = request && this.#jobs.get(request.batchJobId);
    if (job) {
      await this.#carryOut(job, request.action);
    }
    await rm(path, { recursive: true, force: true });
  }

  async #carryOut(job: ActiveJob, action: SupervisorRequest['action']): Promise<void> {
    if (action.kind === 'interrupt') {
      const sent = job.attempt?.interrupt(action.noticeSeconds);
      await this.#tolerate(`the notice for job ${job.record.batchJobId}`, sent);
    } else if (job.attempt === null) {
      await this.#save(job, terminateWaiting(job.record, action.reason, new Date()));
    } else {
      // Kept before the request is gone, so that it also holds when this process dies now.
      await this.#save(job, { ...job.record, terminateReason: action.reason });
      job.attempt.terminate();
    }
  }

  async #save(job: ActiveJob, record: JobRecord): Promise<void> {
    const { home } = this.#options;
    this.#lost.throwIfAborted();
    await saveRecord(home, record);
    job.record = record;
    const { batchJobId, status } = record;
    if (isTerminal(status)) {
      this.#jobs.delete(batchJobId);
      this.#ended.add(batchJobId);
      await this.#tolerate(`the keys of job ${batchJobId}`, forgetSecrets(home, batchJobId));
      const work = rm(workFolder(home, batchJobId), { recursive: true, force: true });
      await this.#tolerate(`the files of job ${batchJobId}`, work);
    }
  }

  /** For what may fail without harm to any job: the log says so. */
  async #tolerate<T>(what: string, done: Promise<T> | undefined): Promise<T | null> {
    try {
      return (await done) ?? null;
    } catch (error) {
      this.#options.report(`${what}: ${error}`);
      return null;
    }
  }
}
