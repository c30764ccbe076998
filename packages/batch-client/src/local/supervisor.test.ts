import { mkdir, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { collect } from '@openevolve-aws/object-store/testing';
import { expect, test } from 'vitest';
import { isAlive, LocalMachine, until } from '../../tests/local-machine.ts';
import { isTerminal } from '../backend.ts';
import { cancelJob } from '../jobs/cancel-job.ts';
import { drillJob } from '../jobs/drill-job.ts';
import { listJobs } from '../jobs/list-jobs.ts';
import { jobRecordSchema } from './job-record.ts';

// Most of a test's time is waiting for processes, so several run at a time.
const it = test.extend<{ machine: LocalMachine }>({
  machine: async ({ task: _task }, use) => {
    const machine = await LocalMachine.open();
    await use(machine);
    await machine.close();
  },
});

const supervisorLog = (machine: LocalMachine) =>
  readFile(join(machine.home.logs, 'supervisor.log'), 'utf8');

it.concurrent('goes on when the supervisor is killed: the attempt saves, and who follows the log sees the next one', async ({
  machine,
}) => {
  const { jobId, batchJobId } = await machine.running('sleeps');
  const log = machine.log(jobId);
  await machine.killSupervisor();
  expect(await log).toEqual([
    'attempt 1 of sleeps',
    'stopping: parent lost',
    'attempt 2 of sleeps',
  ]);
  const job = await machine.inState(batchJobId, 'SUCCEEDED');
  expect(job.attempts).toMatchObject([{ exitCode: null }, { exitCode: 0 }]);
});

it.concurrent('cancels an attempt that still saves after its supervisor was killed', async ({
  machine,
}) => {
  const { jobId, batchJobId } = await machine.running('saves-until-released');
  await machine.killSupervisor();
  await machine.logged(batchJobId, 'stopping: parent lost');
  await cancelJob(machine.backend, 'alice', jobId);
  await machine.logged(batchJobId, 'stopping: SIGTERM');
  await machine.release(jobId);
  expect(await machine.inState(batchJobId, 'FAILED')).toMatchObject({
    statusReason: 'Cancelled by alice',
    attempts: [{ number: 1, exitCode: null }],
  });
});

it.concurrent('remembers a cancel when the supervisor that answered it is killed', async ({
  machine,
}) => {
  const { jobId, batchJobId } = await machine.running('saves-until-released');
  await cancelJob(machine.backend, 'alice', jobId);
  await machine.logged(batchJobId, 'stopping: SIGTERM');
  await machine.killSupervisor();
  await machine.release(jobId);
  const job = await until('the end', async () =>
    (await machine.backend.describe([batchJobId])).find(({ status }) => isTerminal(status)),
  );
  expect(job).toMatchObject({ status: 'FAILED', statusReason: 'Cancelled by alice' });
  expect(job.attempts).toHaveLength(1);
});

it.concurrent('counts the vCPUs of an attempt that outlives its supervisor', async ({
  machine,
}) => {
  const { jobId, batchJobId } = await machine.running('saves-until-released');
  await machine.killSupervisor();
  const second = await machine.submit('succeeds', { vcpus: 2 });
  await machine.inState(second.batchJobId, 'RUNNABLE');
  expect(await machine.backend.describe([batchJobId])).toMatchObject([{ status: 'RUNNING' }]);
  await machine.release(jobId);
  const ended = await machine.inState(second.batchJobId, 'SUCCEEDED');
  const [first] = await machine.backend.describe([batchJobId]);
  expect(String(first?.attempts[0]?.stoppedAt) <= String(ended.startedAt)).toBe(true);
});

it.concurrent('gives up its attempts when its lock is removed, and exactly one supervisor works on', async ({
  machine,
}) => {
  const { batchJobId } = await machine.running('sleeps');
  const before = await machine.supervisorPid();
  await rm(`${machine.home.lock}.lock`, { recursive: true });
  await machine.logged(batchJobId, 'stopping: parent lost');
  // Without any command meanwhile, as over night.
  await machine.logged(batchJobId, 'attempt 2', 2);
  const job = await machine.inState(batchJobId, 'SUCCEEDED');
  expect(job.attempts).toHaveLength(2);
  const after = await machine.supervisorPid();
  expect(after === before || before === null || !isAlive(before)).toBe(true);
  expect(await supervisorLog(machine)).toContain('was lost');
});

it.concurrent('leaves its home to another supervisor that took its lock over', async ({
  machine,
}) => {
  const { batchJobId } = await machine.running('sleeps');
  const first = await until('a supervisor', () => machine.supervisorPid());
  // A lock's first time stamp is rounded to seconds; one that is taken over is seconds older.
  const lock = `${machine.home.lock}.lock`;
  await until('another second', async () => (await stat(lock)).mtimeMs < Date.now() - 10);
  process.kill(first, 'SIGSTOP');
  try {
    const past = new Date(Date.now() - 60_000);
    await utimes(lock, past, past);
    await until('another supervisor', async () => {
      await machine.backend.describe([batchJobId]);
      return (await machine.supervisorPid()) !== first;
    });
  } finally {
    process.kill(first, 'SIGCONT');
  }
  await machine.logged(batchJobId, 'stopping: parent lost');
  const job = await machine.inState(batchJobId, 'SUCCEEDED');
  expect(job.attempts).toMatchObject([{ exitCode: null }, { exitCode: 0 }]);
});

it.concurrent('ends when it cannot write a record, and all its attempts save', async ({
  machine,
}) => {
  const broken = await machine.running('sleeps');
  const other = await machine.running('sleeps');
  const supervisor = await until('a supervisor', () => machine.supervisorPid());
  const path = join(machine.home.jobs, `${broken.batchJobId}.json`);
  const content = await readFile(path, 'utf8');
  const { attempts } = jobRecordSchema.parse(JSON.parse(content));
  // A folder in the place of the record is replaced by no rename, not even root's.
  await rm(path);
  await mkdir(path);
  process.kill(attempts[0]?.process?.pid ?? 0, 'SIGKILL');
  await machine.logged(other.batchJobId, 'stopping: parent lost');
  await until('the end of the supervisor', async () => !isAlive(supervisor));
  await rm(path, { recursive: true });
  await writeFile(path, content);
  for (const { batchJobId } of [broken, other]) {
    const job = await machine.inState(batchJobId, 'SUCCEEDED');
    expect(job.attempts).toMatchObject([{ exitCode: null }, { exitCode: 0 }]);
  }
});

it.concurrent('passes over a record of another release, and shows every other job', async ({
  machine,
}) => {
  const foreign = '6b2ba4b6-4b0f-4d0f-9b0c-0f9c3c1f0b11';
  const path = join(machine.home.jobs, `${foreign}.json`);
  await writeFile(path, JSON.stringify({ version: 2 }));
  const { jobId, batchJobId } = await machine.submit('succeeds');
  await machine.inState(batchJobId, 'SUCCEEDED');
  const listed = await collect(listJobs(machine.backend, 'alice'));
  expect(listed.map((job) => job.jobId)).toEqual([jobId]);
  await expect(machine.backend.describe([foreign])).rejects.toMatchObject({
    code: 'UNKNOWN_VERSION',
    message: expect.stringContaining(path),
  });
  expect(await supervisorLog(machine)).toContain(`the record of job ${foreign} is passed over`);
  expect(JSON.parse(await readFile(path, 'utf8'))).toEqual({ version: 2 });
});

it.concurrent('fails a job alone whose keys cannot be read', async ({ machine }) => {
  const running = await machine.running('sleeps');
  const blocker = await machine.submit('succeeds', { vcpus: 2 });
  const secrets = join(machine.home.secrets, blocker.batchJobId);
  await rm(secrets);
  await mkdir(secrets);
  await cancelJob(machine.backend, 'alice', running.jobId);
  const job = await machine.inState(blocker.batchJobId, 'FAILED');
  expect(job.statusReason).toMatch(/^could not be started: EISDIR/);
  expect(job.attempts).toMatchObject([{ number: 1, exitCode: null, reason: job.statusReason }]);
  const next = await machine.submit('succeeds');
  await machine.inState(next.batchJobId, 'SUCCEEDED');
});

it.concurrent('says that a drilled machine was taken only when that ended the attempt', async ({
  machine,
}) => {
  const { jobId, batchJobId } = await machine.running('bad-program-when-noticed');
  await drillJob(machine.backend, 'alice', jobId, 120);
  const job = await machine.inState(batchJobId, 'FAILED');
  expect(job.attempts).toMatchObject([{ exitCode: 65, reason: expect.stringContaining('cannot') }]);
});

it.concurrent('removes what ended jobs and broken submissions have left behind, and nothing else', async ({
  machine,
}) => {
  const { batchJobId } = await machine.submit('succeeds');
  await machine.inState(batchJobId, 'SUCCEEDED');
  await machine.killSupervisor();
  const { home } = machine;
  const dead = '11111111-1111-4111-8111-111111111111';
  const young = '22222222-2222-4222-8222-222222222222';
  await mkdir(join(home.work, batchJobId, '1-abc'), { recursive: true });
  await writeFile(join(home.notices, `${batchJobId}-1.json`), '{}');
  await writeFile(join(home.secrets, dead), '{}');
  await writeFile(join(home.secrets, young), '{}');
  await utimes(join(home.secrets, dead), new Date(0), new Date(0));
  const next = await machine.submit('sleeps');
  await machine.inState(next.batchJobId, 'RUNNING');
  expect((await readdir(home.secrets)).sort()).toEqual([young, next.batchJobId].sort());
  expect(await readdir(home.notices)).toEqual([]);
  expect(await readdir(home.work)).toEqual([next.batchJobId]);
});

it.concurrent('starts no process in a folder that one whose start was not recorded may still use', async ({
  machine,
}) => {
  const { jobId, batchJobId } = await machine.running('saves-until-released');
  await machine.killSupervisor();
  // As it stands when the supervisor dies between the start and the record of it.
  const path = join(machine.home.jobs, `${batchJobId}.json`);
  const record = JSON.parse(await readFile(path, 'utf8')) as object;
  await writeFile(path, JSON.stringify({ ...record, status: 'STARTING', attempts: [] }));
  const [folder] = await readdir(join(machine.home.work, batchJobId));
  await until('the next start', async () => {
    await machine.backend.describe([batchJobId]);
    return (await readdir(join(machine.home.work, batchJobId))).length === 2;
  });
  expect(await readdir(join(machine.home.work, batchJobId))).toContain(folder);
  await machine.release(jobId);
});

it.concurrent('keeps the result of an attempt whose folder something still writes into', async ({
  machine,
}) => {
  const { batchJobId } = await machine.submit('leaves-a-writer');
  const job = await machine.inState(batchJobId, 'SUCCEEDED');
  expect(job.attempts).toMatchObject([{ exitCode: 0 }]);
});
