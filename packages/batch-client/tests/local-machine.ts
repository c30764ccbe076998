import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Backend, BatchJob, BatchStatus } from '../src/backend.ts';
import { followLogs } from '../src/jobs/follow-logs.ts';
import type { SubmitRequest } from '../src/jobs/plan-submission.ts';
import { type SubmittedJob, submitJob } from '../src/jobs/submit-job.ts';
import { type LocalHome, localHome, logFile } from '../src/local/home.ts';
import { openLocalBackend } from '../src/local/local-backend.ts';
import { readRecords } from '../src/local/record-files.ts';

const supervisor = fileURLToPath(new URL('./supervisor.ts', import.meta.url));
const PATIENCE_MS = 15_000;
const LOOK_MS = 20;

/** Looks again and again until there is something to see. */
export async function until<T>(
  what: string,
  look: () => Promise<T | false | null | undefined>,
): Promise<T> {
  const giveUpAt = Date.now() + PATIENCE_MS;
  for (;;) {
    const seen = await look();
    if (seen) {
      return seen;
    }
    if (Date.now() > giveUpAt) {
      throw new Error(`${what}: not seen within ${PATIENCE_MS} ms`);
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

/** A home in a folder of its own, whose jobs run the entrypoint's double. */
export class LocalMachine {
  readonly directory: string;
  readonly home: LocalHome;
  readonly backend: Backend;

  private constructor(directory: string, backend: Backend) {
    this.directory = directory;
    this.home = localHome(join(directory, 'home'));
    this.backend = backend;
  }

  /** @param supervisorArguments see tests/supervisor.ts */
  static async open(...supervisorArguments: string[]): Promise<LocalMachine> {
    const directory = await mkdtemp(join(tmpdir(), 'local-machine-'));
    await writeFile(
      join(directory, 'program.py'),
      '# EVOLVE-BLOCK-START\nx = 1\n# EVOLVE-BLOCK-END\n',
    );
    await writeFile(join(directory, 'evaluator.py'), 'def evaluate(path):\n    return {}\n');
    const home = join(directory, 'home');
    const backend = await openLocalBackend({
      directory: home,
      supervisor: [
        process.execPath,
        '--conditions=@openevolve-aws/source',
        supervisor,
        home,
        ...supervisorArguments,
      ],
      variables: { GEMINI_API_KEY: 'a-key', OTHER_API_KEY: 'other-key' },
    });
    return new LocalMachine(directory, backend);
  }

  /** Ends what runs, and removes all. */
  async close(): Promise<void> {
    const records = await readRecords(this.home, () => undefined);
    for (const { jobId, batchJobId } of records) {
      await this.release(jobId);
      await this.backend.terminate(batchJobId, 'the test is over');
    }
    const ids = records.map(({ batchJobId }) => batchJobId);
    await until('the end of all jobs', async () =>
      (await this.backend.describe(ids)).every(({ stoppedAt }) => stoppedAt !== null),
    );
    // It would end by itself a second later.
    if ((await this.supervisorPid()) !== null) {
      await this.killSupervisor();
    }
    await rm(this.directory, { recursive: true, force: true, maxRetries: 5 });
  }

  /** @param name what the double does. */
  submit(name: string, changes: Partial<SubmitRequest> = {}): Promise<SubmittedJob> {
    return submitJob(this.backend, {
      owner: 'alice',
      program: join(this.directory, 'program.py'),
      evaluator: join(this.directory, 'evaluator.py'),
      name,
      vcpus: 1,
      model: { kind: 'provider' },
      ...changes,
    });
  }

  inState(batchJobId: string, status: BatchStatus): Promise<BatchJob> {
    return until(`job ${batchJobId} ${status}`, async () =>
      (await this.backend.describe([batchJobId])).find((job) => job.status === status),
    );
  }

  /** A running job whose double has begun to do what its name says. */
  async running(name: string): Promise<SubmittedJob> {
    const job = await this.submit(name);
    await this.inState(job.batchJobId, 'RUNNING');
    await this.logged(job.batchJobId, 'attempt 1');
    return job;
  }

  /** Lets a double end that waits for it. */
  async release(jobId: string): Promise<void> {
    await writeFile(join(this.home.inputs, 'users', 'alice', jobId, 'input', 'release'), '');
  }

  /** The whole log, at the job's end. */
  async log(jobId: string): Promise<string[]> {
    const lines: string[] = [];
    for await (const { text } of followLogs(this.backend, 'alice', jobId, { follow: true })) {
      lines.push(text);
    }
    return lines;
  }

  /** Waits for a text in an attempt's log file, without a call of the backend. */
  logged(batchJobId: string, text: string, attempt = 1): Promise<boolean> {
    return until(`'${text}' in the log`, async () =>
      (await readFile(logFile(this.home, batchJobId, attempt), 'utf8').catch(() => '')).includes(
        text,
      ),
    );
  }

  async supervisorPid(): Promise<number | null> {
    const owner = await readFile(this.home.lockOwner, 'utf8').catch(() => null);
    return owner === null ? null : (JSON.parse(owner) as { pid: number }).pid;
  }

  /** As a crash would end it. */
  async killSupervisor(): Promise<void> {
    const pid = await until('a supervisor', () => this.supervisorPid());
    if (isAlive(pid)) {
      process.kill(pid, 'SIGKILL');
    }
    await until('the end of the supervisor', async () => !isAlive(pid));
  }
}

export function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
