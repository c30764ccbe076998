import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { LocalMachine, until } from '../../tests/local-machine.ts';
import { cancelJob } from '../jobs/cancel-job.ts';
import { drillJob } from '../jobs/drill-job.ts';
import { explainJob } from '../jobs/explain-job.ts';

// Most of a test's time is waiting for processes, so several run at a time.
const it = test.extend<{ machine: LocalMachine }>({
  machine: async ({ task: _task }, use) => {
    const machine = await LocalMachine.open();
    await use(machine);
    await machine.close();
  },
});

it.concurrent('gives the entrypoint its own environment: names, places and keys, nothing of the shell', async ({
  machine,
}) => {
  process.env.SHELL_SECRET = 'do not pass on';
  const { jobId, batchJobId } = await machine.submit('shows-environment');
  const seen = JSON.parse((await machine.log(jobId)).at(-1) ?? '{}') as Record<string, string>;
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

it.concurrent('gives the entrypoint the keys that a config names, and no others of the shell', async ({
  machine,
}) => {
  const config = join(machine.directory, 'config.yaml');
  await writeFile(config, `llm:\n  api_key: \${OTHER_API_KEY}\n`);
  const { jobId } = await machine.submit('shows-environment', { config });
  const seen = JSON.parse((await machine.log(jobId)).at(-1) ?? '{}') as Record<string, string>;
  expect(JSON.parse(seen.GEMINI_API_KEY ?? '{}')).toEqual({
    GEMINI_API_KEY: 'a-key',
    OTHER_API_KEY: 'other-key',
  });
  expect(seen.OTHER_API_KEY).toBeUndefined();
});

it.concurrent('keeps a key only until the job has ended, and never in its record', async ({
  machine,
}) => {
  const { batchJobId } = await machine.submit('succeeds');
  await machine.inState(batchJobId, 'SUCCEEDED');
  await until('no keys', async () => (await readdir(machine.home.secrets)).length === 0);
  expect(await readFile(join(machine.home.jobs, `${batchJobId}.json`), 'utf8')).not.toContain(
    'a-key',
  );
});

it.concurrent('lets a job wait until its vCPUs are free', async ({ machine }) => {
  const first = await machine.submit('sleeps', { vcpus: 2 });
  await machine.inState(first.batchJobId, 'RUNNING');
  const second = await machine.submit('succeeds', { vcpus: 1 });
  await machine.inState(second.batchJobId, 'RUNNABLE');
  expect((await explainJob(machine.backend, 'alice', second.jobId)).sentence).toContain(
    'waits until 1 vCPUs',
  );
  await cancelJob(machine.backend, 'alice', first.jobId);
  await machine.inState(second.batchJobId, 'SUCCEEDED');
});

it.concurrent('cancels a waiting job', async ({ machine }) => {
  const blocker = await machine.submit('sleeps', { vcpus: 2 });
  await machine.inState(blocker.batchJobId, 'RUNNING');
  const { jobId, batchJobId } = await machine.submit('succeeds');
  await machine.inState(batchJobId, 'RUNNABLE');
  await cancelJob(machine.backend, 'alice', jobId);
  expect(await machine.inState(batchJobId, 'FAILED')).toMatchObject({ attempts: [] });
});

it.concurrent('takes the machine without notice, and goes on with another attempt', async ({
  machine,
}) => {
  const { jobId, batchJobId } = await machine.submit('sleeps');
  await machine.inState(batchJobId, 'RUNNING');
  await drillJob(machine.backend, 'alice', jobId, 0);
  const job = await machine.inState(batchJobId, 'SUCCEEDED');
  expect(job.attempts).toMatchObject([
    { exitCode: 137, reason: expect.stringMatching(/^Host EC2/) },
    { exitCode: 0 },
  ]);
});

it.concurrent('refuses to interrupt a job that is not running', async ({ machine }) => {
  const { jobId, batchJobId } = await machine.submit('succeeds');
  await machine.inState(batchJobId, 'SUCCEEDED');
  await expect(drillJob(machine.backend, 'alice', jobId, 0)).rejects.toMatchObject({
    code: 'CONFLICT',
  });
});

it.concurrent.for(['../jobs/x', 'no-uuid', '6b2ba4b6-4b0f-4d0f-9b0c-0f9c3c1f0b11'])(
  'knows no job %j, whatever lies on the disk',
  async (id, { machine }) => {
    await writeFile(join(machine.home.directory, 'batch', 'jobs', 'x.json'), 'not a record');
    expect(await machine.backend.describe([id])).toEqual([]);
    await expect(machine.backend.terminate(id, 'no')).rejects.toMatchObject({ code: 'NOT_FOUND' });
    const lines = machine.backend.logs(id, { follow: true })[Symbol.asyncIterator]();
    await expect(lines.next()).rejects.toMatchObject({ code: 'NOT_FOUND' });
  },
);
