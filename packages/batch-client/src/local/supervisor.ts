import { watch } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { JobSpecError } from '@openevolve-aws/job-spec';
import lockfile from 'proper-lockfile';
import { isTerminal } from '../backend.ts';
import { type AttemptProcess, startAttempt } from './attempt-process.ts';
import type { LocalHome } from './home.ts';
import {
  type JobRecord,
  jobRecordSchema,
  requestSchema,
  type SupervisorRequest,
} from './job-record.ts';
import { listJson, readJson, replaceJson } from './json-file.ts';
import {
  type AttemptOutcome,
  beginAttempt,
  endAttempt,
  MACHINE_TAKEN,
  terminateWaiting,
} from './lifecycle.ts';
import { isRunning } from './process-identity.ts';
import { jobsToStart } from './schedule.ts';
import { forgetSecrets } from './secrets.ts';

/** How long a supervisor may be silent before another takes over. */
export const STALE_MS = 5_000;
/** Between looks at the folders when no change is seen; some file systems report none. */
const LOOK_MS = 500;
/** How long it waits for more work before it ends. */
const IDLE_MS = 1_000;

export interface SupervisorOptions {
  readonly home: LocalHome;
  /** Starts the entrypoint. */
  readonly entrypoint: readonly string[];
  /** Added to the entrypoint's environment. */
  readonly variables: Readonly<Record<string, string>>;
  readonly capacity?: number;
  readonly report: (line: string) => void;
}

/**
 * Stands in AWS Batch's place on one machine: starts what is submitted when its vCPUs are free,
 * applies the retry rules, and ends when there is nothing left to do. At most one works on a home;
 * a second one ends at once, or takes over within five seconds from one that died.
 *
 * @returns whether it has worked; false when another one does.
 */
export async function runSupervisor(options: SupervisorOptions): Promise<boolean> {
  const { home } = options;
  for (const directory of [home.jobs, home.requests]) {
    await mkdir(directory, { recursive: true });
  }
  for (;;) {
    const lost = new AbortController();
    const release = await lockfile
      .lock(home.lock, {
        stale: STALE_MS,
        update: 1_000,
        retries: { retries: 14, minTimeout: 500, maxTimeout: 500 },
        onCompromised: (error) => lost.abort(error),
      })
      .catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ELOCKED') {
          return null;
        }
        throw error;
      });
    if (release === null) {
      return false;
    }
    try {
      await new Supervisor(options).work(lost.signal);
    } finally {
      if (!lost.signal.aborted) {
        await release();
      }
    }
    lost.signal.throwIfAborted();
    // What was submitted between the last look and the release has nobody but us.
    if (!(await hasUnfinishedJobs(home))) {
      return true;
    }
  }
}

async function hasUnfinishedJobs(home: LocalHome): Promise<boolean> {
  for (const name of await listJson(home.jobs)) {
    const record = await readRecord(home, name);
    if (record && !isTerminal(record.status)) {
      return true;
    }
  }
  return false;
}

async function readRecord(home: LocalHome, name: string): Promise<JobRecord | null> {
  return readJson(jobRecordSchema, join(home.jobs, `${name}.json`));
}

class Supervisor {
  readonly #options: SupervisorOptions;
  readonly #home: LocalHome;
  readonly #capacity: number;
  /** Unfinished jobs by Batch id. */
  readonly #jobs = new Map<string, JobRecord>();
  /** Names of records that need no second look: finished, or unreadable. */
  readonly #settled = new Set<string>();
  readonly #running = new Map<string, AttemptProcess>();
  readonly #terminated = new Map<string, string>();
  /** Why an attempt is being ended from outside. */
  readonly #taken = new Set<string>();
  /** Attempts of a dead supervisor that have not noticed it yet. */
  #orphans = 0;
  #failure: unknown = null;
  #wake: () => void = () => undefined;

  constructor(options: SupervisorOptions) {
    this.#options = options;
    this.#home = options.home;
    this.#capacity = options.capacity ?? availableParallelism();
  }

  async work(signal: AbortSignal): Promise<void> {
    const watchers = [this.#home.jobs, this.#home.requests].map((directory) =>
      watch(directory, () => this.#wake()),
    );
    try {
      let idleSince: number | null = null;
      while (!signal.aborted) {
        if (this.#failure !== null) {
          throw this.#failure;
        }
        await this.#adopt();
        await this.#answerRequests();
        for (const record of jobsToStart([...this.#jobs.values()], this.#capacity)) {
          await this.#start(record);
        }
        if (this.#jobs.size + this.#orphans > 0) {
          idleSince = null;
        } else {
          idleSince ??= Date.now();
          if (Date.now() - idleSince >= IDLE_MS) {
            return;
          }
        }
        await this.#nextLook();
      }
    } finally {
      for (const watcher of watchers) {
        watcher.close();
      }
    }
  }

  async #nextLook(): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, LOOK_MS);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  /** Takes in what is new, and what an earlier supervisor left unfinished. */
  async #adopt(): Promise<void> {
    this.#orphans = 0;
    for (const name of await listJson(this.#home.jobs)) {
      if (this.#jobs.has(name) || this.#settled.has(name)) {
        continue;
      }
      const record = await this.#read(name);
      if (record === null || isTerminal(record.status)) {
        this.#settled.add(name);
        continue;
      }
      if (record.status === 'SUBMITTED' || record.status === 'STARTING') {
        await this.#save({ ...record, status: 'RUNNABLE' });
      } else if (record.status === 'RUNNING' && !this.#running.has(name)) {
        await this.#takeOver(record);
      } else {
        this.#jobs.set(name, record);
      }
    }
  }

  async #read(name: string): Promise<JobRecord | null> {
    try {
      return await readRecord(this.#home, name);
    } catch (error) {
      if (error instanceof JobSpecError) {
        this.#options.report(`job record passed over: ${error.message}`);
        return null;
      }
      throw error;
    }
  }

  /**
   * The supervisor that started this attempt has died. The attempt notices that by itself, saves
   * and ends; nobody can see its exit code, so it counts as a machine that was taken.
   */
  async #takeOver(record: JobRecord): Promise<void> {
    const identity = record.attempts.at(-1)?.process;
    if (identity && (await isRunning(identity))) {
      this.#orphans += 1;
      return;
    }
    await this.#save(
      endAttempt(
        record,
        { exitCode: null, reason: MACHINE_TAKEN, terminatedBecause: null },
        new Date(),
      ),
    );
  }

  async #answerRequests(): Promise<void> {
    for (const name of await listJson(this.#home.requests)) {
      const path = join(this.#home.requests, `${name}.json`);
      const request = await readJson(requestSchema, path).catch((error: unknown) => {
        this.#options.report(`request passed over: ${String(error)}`);
        return null;
      });
      if (request) {
        await this.#answer(request);
      }
      await rm(path, { force: true });
    }
  }

  async #answer({ batchJobId, action }: SupervisorRequest): Promise<void> {
    const record = this.#jobs.get(batchJobId);
    const attempt = this.#running.get(batchJobId);
    if (!record) {
      return;
    }
    if (action.kind === 'terminate') {
      if (attempt) {
        this.#terminated.set(batchJobId, action.reason);
        attempt.terminate();
      } else {
        await this.#save(terminateWaiting(record, action.reason, new Date()));
      }
    } else if (attempt) {
      this.#taken.add(batchJobId);
      await attempt.interrupt(action.noticeSeconds);
    }
  }

  async #start(record: JobRecord): Promise<void> {
    const { batchJobId } = record;
    await this.#save({ ...record, status: 'STARTING' });
    const attempt = await startAttempt(
      this.#home,
      record,
      this.#options.entrypoint,
      this.#options.variables,
    );
    const started = beginAttempt(record, attempt.identity, new Date());
    this.#running.set(batchJobId, attempt);
    await this.#save(started);
    attempt.exited
      .then((exitCode) => this.#ended(batchJobId, exitCode))
      .catch((error: unknown) => {
        this.#failure = error;
        this.#wake();
      });
  }

  async #ended(batchJobId: string, exitCode: number): Promise<void> {
    const record = this.#jobs.get(batchJobId);
    if (!record) {
      return;
    }
    const outcome: AttemptOutcome = {
      exitCode,
      reason: this.#taken.has(batchJobId) && exitCode !== 0 ? MACHINE_TAKEN : null,
      terminatedBecause: this.#terminated.get(batchJobId) ?? null,
    };
    this.#running.delete(batchJobId);
    this.#taken.delete(batchJobId);
    await this.#save(endAttempt(record, outcome, new Date()));
    this.#wake();
  }

  async #save(record: JobRecord): Promise<void> {
    await replaceJson(join(this.#home.jobs, `${record.batchJobId}.json`), record);
    if (isTerminal(record.status)) {
      this.#jobs.delete(record.batchJobId);
      this.#settled.add(record.batchJobId);
      this.#terminated.delete(record.batchJobId);
      await forgetSecrets(this.#home, record.batchJobId);
    } else {
      this.#jobs.set(record.batchJobId, record);
    }
  }
}
