import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { collect } from '@openevolve-aws/object-store/testing';
import { type Server, startMicroburst, startMoto } from '@openevolve-aws/test-servers';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { openAwsBackend } from '../src/aws/aws-backend.ts';
import { awsClients } from '../src/aws/clients.ts';
import { resolveOwner } from '../src/aws/identity.ts';
import type { AwsClients } from '../src/aws/ports.ts';
import type { Backend } from '../src/backend.ts';
import { diagnose } from '../src/diagnose/diagnose.ts';
import { describeJob } from '../src/jobs/describe-job.ts';
import { fetchResults } from '../src/jobs/fetch-results.ts';
import { followLogs } from '../src/jobs/follow-logs.ts';
import { listJobs } from '../src/jobs/list-jobs.ts';
import { resumeJob } from '../src/jobs/resume-job.ts';
import { submitJob } from '../src/jobs/submit-job.ts';
import { deployedSettings } from '../src/settings/deployed-settings.ts';
import { loadSettings } from '../src/settings/load-settings.ts';
import { AwsAccount } from './aws-account.ts';
import { storeResults } from './memory-backend.ts';
import { submitThroughFaults } from './submit-through-faults.ts';

/** Whom moto takes every caller for: `arn:aws:sts::123456789012:user/moto`. */
const OWNER = 'moto';

let moto: Server;
let account: AwsAccount;
let backend: Backend;
let clients: AwsClients;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'emulators-'));
  moto = await startMoto();
  account = await AwsAccount.deploy(moto, OWNER);
  for (const [name, value] of Object.entries(moto.environment)) {
    vi.stubEnv(name, value);
  }
  clients = awsClients({ region: 'us-east-1' });
  backend = await openAwsBackend({ settings: account.settings });
  await writeFile(join(folder, 'program.py'), '# EVOLVE-BLOCK-START\nx = 1\n');
  await writeFile(join(folder, 'evaluator.py'), 'def evaluate(path):\n    return {}\n');
}, 60_000);

afterAll(async () => {
  vi.unstubAllEnvs();
  await moto?.stop();
  await rm(folder, { recursive: true, force: true });
});

const submit = (name: string) =>
  submitJob(backend, {
    owner: OWNER,
    program: join(folder, 'program.py'),
    evaluator: join(folder, 'evaluator.py'),
    name,
    model: { kind: 'provider' },
  });

describe('with the SDK on moto', () => {
  it('takes settings from the stack, and the owner from the credentials', async () => {
    const variables = {
      XDG_CONFIG_HOME: folder,
      OPENEVOLVE_ENVIRONMENT: 'prod',
      AWS_REGION: 'us-east-1',
    };
    const loaded = await loadSettings({ variables });
    expect(loaded?.settings).toEqual(account.settings);
    expect(await resolveOwner(clients, account.settings)).toBe(OWNER);
  });

  it('finds what is deployed by its parameter, or by the outputs of its stack', async () => {
    expect(await deployedSettings(clients, 'prod')).toEqual(account.settings);
    const ssm = async () => ({ getParameter: async () => null });
    const { logGroup, alertTopicArn, secretArn, ...rest } = account.settings;
    expect(await deployedSettings({ ...clients, ssm }, 'prod')).toEqual(rest);
    await expect(deployedSettings(clients, 'test')).rejects.toMatchObject({
      code: 'SETTINGS',
      message: expect.stringContaining('not deployed in us-east-1'),
    });
  });

  it('submits a job, and finds, lists and resumes it', async () => {
    const { jobId, batchJobId } = await submit('first');
    const view = await describeJob(backend, OWNER, 'first');
    expect(view.batch).toMatchObject({ batchJobId, jobId, status: 'SUCCEEDED', submission: 1 });
    expect(view.outputUri).toBe(`s3://openevolve-prod-outputs/users/${OWNER}/${jobId}/output`);
    expect(await backend.find(`first-${jobId}-1`)).toBe(batchJobId);
    const again = await resumeJob(backend, OWNER, jobId, { iterations: 500 });
    const [listed] = await collect(listJobs(backend, OWNER));
    expect(listed).toMatchObject({ jobId, batchJobId: again.batchJobId, submission: 2 });
  });

  it('reads logs from CloudWatch, and nothing where there is no stream', async () => {
    const { jobId, batchJobId } = await submit('talks');
    expect(await collect(followLogs(backend, OWNER, jobId, { follow: false }))).toEqual([]);
    const { jobs = [] } = await (await clients.batch()).describeJobs({ jobs: [batchJobId] });
    const stream = jobs[0]?.container?.logStreamName ?? '';
    await account.log(`/aws/batch/openevolve/prod/${OWNER}`, stream, ['one', 'two']);
    const lines = await collect(followLogs(backend, OWNER, jobId, { follow: false }));
    expect(lines.map(({ text }) => text)).toEqual(['one', 'two']);
  });

  it('downloads results', async () => {
    const { job } = await storeResults(backend, {}, OWNER);
    const directory = join(folder, 'results');
    const { files } = await fetchResults(backend, OWNER, job.id, { directory });
    expect([...files].sort()).toEqual([
      'best_program.py',
      'evolution_summary.json',
      'logs/attempt-1.log',
    ]);
    expect(await readFile(join(directory, 'best_program.py'), 'utf8')).toBe('x = 2\n');
  });

  it('runs the example, with the results that a container would leave', async () => {
    const example = fileURLToPath(
      new URL('../../../examples/submit-from-code/submit.ts', import.meta.url),
    );
    const { settings } = account;
    const directory = join(folder, 'example');
    const child = spawn(
      process.execPath,
      [
        '--conditions=@openevolve-aws/source',
        example,
        join(folder, 'program.py'),
        join(folder, 'evaluator.py'),
        directory,
      ],
      {
        stdio: ['ignore', 'pipe', 'pipe'],
        // The variables of the guide.
        env: {
          ...moto.environment,
          PATH: process.env.PATH,
          HOME: folder,
          OPENEVOLVE_INPUT_BUCKET: settings.inputBucket,
          OPENEVOLVE_OUTPUT_BUCKET: settings.outputBucket,
          OPENEVOLVE_JOB_QUEUE: settings.jobQueue,
          OPENEVOLVE_JOB_DEFINITION: settings.jobDefinition,
        },
      },
    );
    const ended = once(child, 'close');
    const errors = text(child.stderr);
    const lines: string[] = [];
    for await (const line of createInterface({ input: child.stdout })) {
      const jobId = /^Job ([0-9a-f]{8}) of moto on aws$/.exec(line)?.[1];
      if (jobId) {
        await storeResults(backend, {}, OWNER, jobId);
      }
      lines.push(line);
    }
    expect(await errors).toBe('');
    expect(await ended).toEqual([0, null]);
    expect(lines.at(-1)).toBe(
      `Results in ${directory}: best_program.py, evolution_summary.json, logs/attempt-1.log`,
    );
  });

  it('says which setting is wrong', async () => {
    const wrong = (changes: object) =>
      openAwsBackend({ settings: { ...account.settings, ...changes } });
    const queue = await wrong({ jobQueue: 'other' });
    await expect(queue.find('first')).rejects.toMatchObject({
      code: 'SETTINGS',
      message: expect.stringContaining('other'),
    });
    const bucket = await wrong({ outputBucket: 'no-such-bucket' });
    await expect(bucket.outputs.get('x')).rejects.toMatchObject({ code: 'NO_BUCKET' });
  });

  it('looks at all that a job needs', async () => {
    await account.subscribe('ops@example.com');
    const loaded = { settings: account.settings, origins: {} };
    // moto has no service quotas.
    const quotas = async () => ({ getServiceQuota: async () => 32 });
    const checks = await diagnose({ loaded, clients: { ...clients, quotas } });
    const results = Object.fromEntries(checks.map(({ name, result }) => [name, result]));
    expect(results).toEqual({
      credentials: 'ok',
      clock: 'ok',
      settings: 'ok',
      owner: 'ok',
      'input bucket': 'ok',
      'output bucket': 'ok',
      queue: 'ok',
      'compute environments': 'ok',
      'Spot quota': 'ok',
      'job definition': 'ok',
      image: 'unknown',
      secret: 'problem',
      alerts: expect.stringMatching('ok|warning'),
    });
    for (const { result, fix } of checks) {
      expect(fix !== null).toBe(result === 'problem' || result === 'warning');
    }
  });
});

describe('with credentials that do not do', () => {
  const guarded = async (count: string) =>
    fetch(`${moto.url}/moto-api/reset-auth`, {
      method: 'POST',
      headers: { 'content-type': 'text/plain' },
      body: count,
    });
  afterEach(() => guarded('inf'));

  it('says so for each service, in one sentence', async () => {
    await guarded('0');
    const batch = await clients.batch();
    const ssm = await clients.ssm();
    for (const call of [
      () => batch.describeJobs({ jobs: [] }),
      () => ssm.getParameter('/openevolve/prod/config'),
      async () => (await clients.sts()).getCallerIdentity(),
      async () => (await clients.logs()).getLogEvents({ logStreamName: 'x', logGroupName: 'x' }),
    ]) {
      await expect(call()).rejects.toMatchObject({
        code: expect.stringMatching(/^(CREDENTIALS|ACCESS_DENIED)$/),
        permanent: true,
        message: expect.stringMatching(/^[^\n]+: [^\n]+\.$/),
      });
    }
  });
});

describe('through faults', () => {
  let microburst: Server;
  beforeAll(async () => {
    microburst = await startMicroburst(moto);
  }, 60_000);
  afterAll(() => microburst?.stop());
  beforeEach(() => vi.stubEnv('AWS_ENDPOINT_URL', microburst.url));

  it('submits every job once, in spite of throttling and lost replies', async () => {
    const report = await submitThroughFaults({
      microburst,
      settings: account.settings,
      owner: OWNER,
      jobs: 24,
      folder,
    });
    expect(report).toMatchObject({ missing: 0, twice: 0, notListed: 0 });
    expect(report.lostReplies).toBeGreaterThan(0);
    expect(report.throttled).toBeGreaterThan(0);
  }, 120_000);
});
