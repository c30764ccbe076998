// The guide's steps 10 to 14 on moto's AWS Batch, which starts the image in containers of podman.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { BatchClient, RegisterJobDefinitionCommand, SubmitJobCommand } from '@aws-sdk/client-batch';
import {
  type Backend,
  cancelJob,
  describeJob,
  fetchResults,
  followLogs,
  isTerminal,
  type JobView,
  openAwsBackend,
  type SubmittedJob,
  submitJob,
} from '@openevolve-aws/batch-client';
import { decideRetry } from '@openevolve-aws/job-spec';
import { type Server, startMoto } from '@openevolve-aws/test-servers';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { AwsAccount } from '../../packages/batch-client/tests/aws-account.ts';
import { type BatchAgent, startBatchAgent } from './batch-agent.ts';
import { imageName } from './build-image.ts';
import { engine } from './engine.ts';
import { type BatchMachine, startBatchMachine } from './machine.ts';

const owner = 'alice';
const example = join(import.meta.dirname, '../../examples/function-minimization');

let machine: BatchMachine;
let agent: BatchAgent;
let moto: Server;
let backend: Backend;
let batch: BatchClient;
let folder: string;
let account: AwsAccount;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'batch-'));
  machine = await startBatchMachine({ accessKeyId: 'job', secretAccessKey: 'job-secret' });
  agent = await startBatchAgent({
    environment: { ...machine.environment, GEMINI_API_KEY: 'CANARY-key-0123456789abcdef' },
  });
  Object.assign(process.env, { DOCKER_HOST: agent.dockerHost, MOTO_DOCKER_NETWORK_MODE: 'host' });
  moto = await startMoto();
  Object.assign(process.env, moto.environment);
  account = await AwsAccount.deploy(moto, owner);
  await fetch(`${moto.url}/moto-api/config`, {
    method: 'POST',
    body: JSON.stringify({ batch: { use_docker: true } }),
  });
  batch = new BatchClient({});
  await batch.send(
    new RegisterJobDefinitionCommand({
      jobDefinitionName: `openevolve-prod-job-${owner}`,
      type: 'container',
      containerProperties: {
        image: imageName('slim'),
        // Without a command moto runs one of its own.
        command: ['run'],
        environment: [
          { name: 'AWS_ENDPOINT_URL', value: moto.url },
          { name: 'AWS_REGION', value: 'us-east-1' },
        ],
        resourceRequirements: [
          { type: 'VCPU', value: '2' },
          { type: 'MEMORY', value: '2600' },
        ],
      },
    }),
  );
  // moto logs where AWS Batch does when a definition says nothing.
  const { logGroup: _, ...settings } = account.settings;
  backend = await openAwsBackend({ settings });
});

afterAll(async () => {
  batch.destroy();
  await moto.stop();
  await engine('podman', ['rm', '--all', '--force', '--time', '0']);
  await agent.stop();
  await machine.stop();
  await rm(folder, { recursive: true });
});

const submit = (iterations: number, latencyMs: number): Promise<SubmittedJob> =>
  submitJob(backend, {
    owner,
    program: join(example, 'initial_program.py'),
    evaluator: join(example, 'evaluator.py'),
    iterations,
    vcpus: 2,
    memoryMib: 2_600,
    model: { kind: 'offline', seed: 1, latencyMs },
  });

async function until(jobId: string, holds: (view: JobView) => boolean): Promise<JobView> {
  for (;;) {
    const view = await describeJob(backend, owner, jobId);
    if (holds(view)) return view;
    await delay(200);
  }
}

const ended = (jobId: string) => until(jobId, ({ batch }) => isTerminal(batch.status));
const hasDone = (jobId: string, iterations: number) =>
  until(jobId, ({ progress }) => (progress?.ledger.done ?? 0) >= iterations);

async function logOf(jobId: string): Promise<string> {
  const lines: string[] = [];
  for await (const { text } of followLogs(backend, owner, jobId, { follow: true })) {
    lines.push(text);
  }
  return lines.join('\n');
}

it('steps 10 to 12: submitted, watched, logged and fetched', async () => {
  const { jobId } = await submit(20, 0);
  const { batch: job, progress } = await ended(jobId);
  expect(job.status).toBe('SUCCEEDED');
  expect(progress?.ledger).toMatchObject({ asked: 20, done: 20 });
  const log = await logOf(jobId);
  expect(log).toMatch(/Job [0-9a-f]{8} of alice, generation 1\./);
  expect(log).toMatch(/Ending with exit code 0: done/);
  const directory = join(folder, jobId);
  const { summary, files } = await fetchResults(backend, owner, jobId, { directory });
  expect(summary?.iterations).toMatchObject({ asked: 20, completed: 20 });
  expect(files).toContain('best_program.py');
  expect(await readFile(join(directory, 'best_program.py'), 'utf8')).toContain('def search');
});

it('step 13: the attempt after an interruption, started by the retry rules, goes on', async () => {
  const { jobId, batchJobId } = await submit(60, 250);
  const container = await containerOf(batchJobId);
  await hasLogged(container, / Iteration 10 /);
  // The ECS agent of a machine that is taken.
  await engine('podman', ['stop', '--time', '30', container]);
  const { attempts } = await ended(jobId);
  const exitCode = attempts[0]?.ended?.exitCode ?? null;
  expect(exitCode).toBe(75);
  expect(decideRetry({ exitCode: exitCode ?? 0 }, 1)).toBe('RETRY');
  await startNextAttempt(jobId, 2);
  const done = await until(jobId, ({ attempts }) =>
    attempts.some((one) => one.ended?.how === 'done'),
  );
  expect(done.attempts[1]?.resumedFrom?.iterationsDone).toBe(attempts[0]?.ended?.iterationsDone);
  expect(done.progress?.ledger.done).toBe(60);
});

it('step 14: cancelled, with its work saved', async () => {
  const { jobId } = await submit(5_000, 100);
  await hasDone(jobId, 3);
  await cancelJob(backend, owner, jobId);
  const { batch: job, attempts } = await ended(jobId);
  expect(job.status).toBe('FAILED');
  expect(attempts[0]?.ended).toMatchObject({ iterationsLost: 0, exitCode: 73 });
});

/** moto names a container after its job. */
async function containerOf(batchJobId: string): Promise<string> {
  for (;;) {
    const names = await engine('podman', ['ps', '--format', '{{.Names}}']);
    const name = names.split('\n').find((name) => name.endsWith(batchJobId));
    if (name !== undefined) return name;
    await delay(200);
  }
}

/** CloudWatch gets moto's logs when a container has ended. */
async function hasLogged(container: string, pattern: RegExp): Promise<void> {
  while (!pattern.test(await engine('podman', ['logs', container]))) {
    await delay(200);
  }
}

/** What AWS Batch does by the retry rules, and moto does not. */
async function startNextAttempt(jobId: string, number: number): Promise<void> {
  const prefix = `users/${owner}/${jobId}`;
  const environment = {
    S3_INPUT_PREFIX: backend.inputUri(`${prefix}/input`),
    S3_OUTPUT_PREFIX: backend.outputUri(`${prefix}/output`),
    JOB_OWNER: owner,
    JOB_SHORT_ID: jobId,
    AWS_BATCH_JOB_ATTEMPT: String(number),
  };
  await batch.send(
    new SubmitJobCommand({
      jobName: `attempt-${number}-of-${jobId}`,
      jobQueue: account.settings.jobQueue,
      jobDefinition: `openevolve-prod-job-${owner}`,
      shareIdentifier: owner,
      containerOverrides: {
        environment: Object.entries(environment).map(([name, value]) => ({ name, value })),
      },
    }),
  );
}
