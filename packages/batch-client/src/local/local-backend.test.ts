import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Backend, BatchJob } from '../backend.ts';
import { cancelJob } from '../jobs/cancel-job.ts';
import { drillJob } from '../jobs/drill-job.ts';
import { followLogs } from '../jobs/follow-logs.ts';
import { listJobs } from '../jobs/list-jobs.ts';
import { submitJob } from '../jobs/submit-job.ts';
import { openLocalBackend } from './local-backend.ts';

const supervisor = fileURLToPath(new URL('../../tests/supervisor.ts', import.meta.url));

let directory: string;
let backend: Backend;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'local-backend-'));
  await writeFile(
    join(directory, 'program.py'),
    '# EVOLVE-BLOCK-START\nx = 1\n# EVOLVE-BLOCK-END\n',
  );
  await writeFile(join(directory, 'evaluator.py'), 'def evaluate(path):\n    return {}\n');
  backend = await openLocalBackend({
    directory: join(directory, 'home'),
    supervisor: [
      process.execPath,
      '--conditions=@openevolve-aws/source',
      supervisor,
      join(directory, 'home'),
    ],
    secrets: { GEMINI_API_KEY: 'a-key' },
  });
});

afterEach(async () => {
  for (const job of await backend.list('alice')) {
    await backend.terminate(job.batchJobId, 'the test is over');
  }
  await until(async () =>
    (await backend.list('alice')).every(({ stoppedAt }) => stoppedAt !== null),
  );
  await rm(directory, { recursive: true, force: true, maxRetries: 5 });
});

const submit = (name: string, vcpus = 1) =>
  submitJob(backend, {
    owner: 'alice',
    program: join(directory, 'program.py'),
    evaluator: join(directory, 'evaluator.py'),
    name,
    vcpus,
    model: { kind: 'provider' },
  });

async function until<T>(look: () => Promise<T | false | null | undefined>): Promise<T> {
  for (;;) {
    const seen = await look();
    if (seen) {
      return seen;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

const inState = (batchJobId: string, status: BatchJob['status']) =>
  until(async () => (await backend.describe([batchJobId])).find((job) => job.status === status));

async function logOf(jobId: string): Promise<string[]> {
  const lines: string[] = [];
  for await (const { text } of followLogs(backend, 'alice', jobId, { follow: true })) {
    lines.push(text);
  }
  return lines;
}

it('runs a job to its end and shows its log', async () => {
  const { jobId, batchJobId } = await submit('succeeds');
  expect(await logOf(jobId)).toEqual(['attempt 1 of succeeds']);
  expect(await inState(batchJobId, 'SUCCEEDED')).toMatchObject({
    jobId,
    attempts: [{ number: 1, exitCode: 0 }],
  });
});

it('starts the next attempt after exit code 75, and follows the log across it', async () => {
  const { jobId, batchJobId } = await submit('interrupted-once');
  expect(await logOf(jobId)).toEqual([
    'attempt 1 of interrupted-once',
    'attempt 2 of interrupted-once',
  ]);
  const job = await inState(batchJobId, 'SUCCEEDED');
  expect(job.attempts.map(({ exitCode }) => exitCode)).toEqual([75, 0]);
});

it('fails a job whose program cannot be used, without a second attempt', async () => {
  const { batchJobId } = await submit('bad-program');
  const job = await inState(batchJobId, 'FAILED');
  expect(job.attempts).toHaveLength(1);
  expect(job.statusReason).toContain('cannot be used');
});

it('gives the entrypoint its own environment: names, places and keys, nothing of the shell', async () => {
  process.env.SHELL_SECRET = 'do not pass on';
  const { jobId, batchJobId } = await submit('shows-environment');
  const seen = JSON.parse((await logOf(jobId)).at(-1) ?? '{}') as Record<string, string>;
  delete process.env.SHELL_SECRET;
  expect(seen).toMatchObject({
    JOB_OWNER: 'alice',
    JOB_SHORT_ID: jobId,
    AWS_BATCH_JOB_ID: batchJobId,
    AWS_BATCH_JOB_ATTEMPT: '1',
    GEMINI_API_KEY: 'a-key',
  });
  expect(seen.SHELL_SECRET).toBeUndefined();
});

it('keeps a key only until the job has ended, and never in its record', async () => {
  const { batchJobId } = await submit('succeeds');
  await inState(batchJobId, 'SUCCEEDED');
  const batch = join(directory, 'home', 'batch');
  await until(async () => (await readdir(join(batch, 'secrets'))).length === 0);
  expect(await readFile(join(batch, 'jobs', `${batchJobId}.json`), 'utf8')).not.toContain('a-key');
});

it('lets a job wait until its vCPUs are free', async () => {
  const first = await submit('sleeps', 2);
  await inState(first.batchJobId, 'RUNNING');
  const second = await submit('succeeds', 1);
  await inState(second.batchJobId, 'RUNNABLE');
  await cancelJob(backend, 'alice', first.jobId);
  await inState(second.batchJobId, 'SUCCEEDED');
});

it('cancels a running job with SIGTERM, and never retries it', async () => {
  const { jobId, batchJobId } = await submit('sleeps');
  await inState(batchJobId, 'RUNNING');
  await until(async () => (await readLog(batchJobId)).includes('attempt 1'));
  await cancelJob(backend, 'alice', jobId);
  const job = await inState(batchJobId, 'FAILED');
  expect(job).toMatchObject({ statusReason: 'Cancelled by alice', attempts: [{ exitCode: 75 }] });
});

it('cancels a waiting job', async () => {
  const blocker = await submit('sleeps', 2);
  await inState(blocker.batchJobId, 'RUNNING');
  const { jobId, batchJobId } = await submit('succeeds');
  await inState(batchJobId, 'RUNNABLE');
  await cancelJob(backend, 'alice', jobId);
  expect(await inState(batchJobId, 'FAILED')).toMatchObject({ attempts: [] });
});

it('refuses to cancel what has ended', async () => {
  const { jobId, batchJobId } = await submit('succeeds');
  await inState(batchJobId, 'SUCCEEDED');
  await expect(cancelJob(backend, 'alice', jobId)).rejects.toMatchObject({ code: 'CONFLICT' });
});

it('takes the machine without notice, and goes on with another attempt', async () => {
  const { jobId, batchJobId } = await submit('sleeps');
  await inState(batchJobId, 'RUNNING');
  await drillJob(backend, 'alice', jobId, 0);
  const job = await inState(batchJobId, 'SUCCEEDED');
  expect(job.attempts).toMatchObject([
    { exitCode: 137, reason: expect.stringMatching(/^Host EC2/) },
    { exitCode: 0 },
  ]);
});

it('refuses to interrupt a job that is not running', async () => {
  const { jobId, batchJobId } = await submit('succeeds');
  await inState(batchJobId, 'SUCCEEDED');
  await expect(drillJob(backend, 'alice', jobId, 0)).rejects.toMatchObject({ code: 'CONFLICT' });
});

it('goes on when the supervisor is killed: the attempt saves, and a new one starts it again', async () => {
  const { batchJobId } = await submit('sleeps');
  await inState(batchJobId, 'RUNNING');
  await until(async () => (await readLog(batchJobId)).includes('attempt 1'));
  await killSupervisors();
  await until(async () => (await readLog(batchJobId)).includes('stopping: parent lost'));
  const job = await inState(batchJobId, 'SUCCEEDED');
  expect(job.attempts).toMatchObject([{ exitCode: null }, { exitCode: 0 }]);
}, 20_000);

it('finds jobs by state, newest first', async () => {
  const one = await submit('succeeds');
  await inState(one.batchJobId, 'SUCCEEDED');
  const two = await submit('bad-program');
  await inState(two.batchJobId, 'FAILED');
  expect((await listJobs(backend, 'alice')).map(({ jobId }) => jobId)).toEqual([
    two.jobId,
    one.jobId,
  ]);
  expect((await listJobs(backend, 'alice', 'FAILED')).map(({ jobId }) => jobId)).toEqual([
    two.jobId,
  ]);
  expect(await listJobs(backend, 'bob')).toEqual([]);
});

async function readLog(batchJobId: string): Promise<string> {
  return readFile(join(directory, 'home', 'batch', 'logs', batchJobId, '1.log'), 'utf8').catch(
    () => '',
  );
}

/** All of this test's home: the one that works, and any that waits to take over. */
async function killSupervisors(): Promise<void> {
  const home = join(directory, 'home');
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    if (command.includes('supervisor.ts') && command.includes(home)) {
      process.kill(Number(pid), 'SIGKILL');
    }
  }
}
