import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Check, Explanation, SubmittedJob } from '@openevolve-aws/batch-client';
import { PROVIDER_KEY_PLACEHOLDER, type Settings } from '@openevolve-aws/job-spec';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AwsStandIn, startAwsStandIn } from './aws/aws-stand-in.ts';
import { writeGuideFiles } from './aws/guide-files.ts';
import { type BuiltCommand, builtCommand, type Ended } from './built-command.ts';

const files = ['--program', 'initial_program.py', '--evaluator', 'evaluator.py'];

let aws: AwsStandIn;
let good: Readonly<Record<string, string>>;
const commands: BuiltCommand[] = [];

async function commandWith(changes: Readonly<Record<string, string>>): Promise<BuiltCommand> {
  const command = await builtCommand({ ...good, ...changes });
  commands.push(command);
  await writeGuideFiles(command.folder);
  return command;
}

beforeAll(async () => {
  aws = await startAwsStandIn();
  good = {
    ...aws.variables,
    ...aws.endpoints,
    ...aws.credentials,
    AWS_EC2_METADATA_DISABLED: 'true',
  };
});
afterAll(async () => {
  await Promise.all(commands.map((command) => command.dispose()));
  await aws?.stop();
});

/** One sentence on standard error, nothing on standard output, and the code of the table. */
function expectSentence({ code, stdout, stderr }: Ended, exit: number, sentence: RegExp): void {
  expect(stderr.trim().split('\n')).toHaveLength(1);
  expect(stderr).toMatch(sentence);
  expect(stdout).toBe('');
  expect(code).toBe(exit);
}

describe('one sentence with the fix, and the exit code of the table', () => {
  it.each<[string, Record<string, string>, number, RegExp]>([
    [
      'no credentials',
      { AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '' },
      4,
      /credentials cannot be used.*aws sso login/,
    ],
    [
      'a bucket that there is not',
      { OPENEVOLVE_INPUT_BUCKET: 'no-such-bucket' },
      2,
      /no-such-bucket/,
    ],
    ['a profile that there is not', { OPENEVOLVE_PROFILE: 'a/b' }, 2, /no name of a profile/],
    [
      'settings with a gap',
      { OPENEVOLVE_JOB_QUEUE: '' },
      2,
      /set OPENEVOLVE_JOB_QUEUE.*configure.*--local/,
    ],
    ['no region', { AWS_DEFAULT_REGION: '' }, 2, /AWS_REGION.*configure/],
    ['no network', { AWS_ENDPOINT_URL: 'http://127.0.0.1:1' }, 5, /cannot be reached.*network/],
  ])('for %s', async (_, changes, exit, sentence) => {
    const command = await commandWith(changes);
    expectSentence(await command.run('list'), exit, sentence);
  });

  it('for a queue that there is not, whose job can be submitted again', async () => {
    const command = await commandWith({ OPENEVOLVE_JOB_QUEUE: 'other-queue' });
    const { code, stderr } = await command.run('submit', ...files);
    expect(stderr).toMatch(/SubmitJob.*other-queue/);
    expect(code).toBe(2);
  });

  it('for a user who is none of the deployment', async () => {
    const command = await commandWith({ OPENEVOLVE_OWNER: 'bob' });
    const { code, stderr } = await command.run('submit', ...files);
    expect(stderr).toMatch(/openevolve-prod-job-bob.*administrator/);
    expect(code).toBe(2);
  });

  it('for what the credentials do not allow', async () => {
    const command = await commandWith({});
    await aws.guard(true);
    try {
      const ended = await command.run('list');
      expectSentence(ended, 4, /(not allow|denied|credentials)/i);
    } finally {
      await aws.guard(false);
    }
  });
});

it('waits for a job that fails, and says why in its exit code and a sentence', async () => {
  const command = await commandWith({});
  await writeFile(
    join(command.folder, 'evaluator.py'),
    'import no_such_module\ndef evaluate(p):\n',
  );
  const ended = await command.run('submit', ...files, '--vcpus', '1', '--wait');
  expect(ended.stdout).toMatch(/It failed: .*\.\s/);
  expect(ended.code).toBe(1);
  const jobId = /Job short ID : (\w+)/.exec(ended.stdout)?.[1] ?? '';
  expect(await command.json<Explanation>('explain', jobId)).toMatchObject({ code: 'BAD_PROGRAM' });
  const { code, stderr } = await command.run('logs', jobId, '--follow');
  expect(stderr).toMatch(/It failed: /);
  expect(code).toBe(1);
});

it('is set up from the deployed environment, and looks at all that a job needs', async () => {
  const { OPENEVOLVE_INPUT_BUCKET, OPENEVOLVE_OUTPUT_BUCKET } = aws.variables;
  const secret = await aws.aws(
    ...['secretsmanager', 'create-secret', '--name', 'key', '--query', 'ARN', '--output', 'text'],
    ...['--secret-string', JSON.stringify({ GEMINI_API_KEY: PROVIDER_KEY_PLACEHOLDER })],
  );
  const settings = {
    version: 1,
    environment: 'prod',
    region: 'us-east-1',
    inputBucket: OPENEVOLVE_INPUT_BUCKET ?? '',
    outputBucket: OPENEVOLVE_OUTPUT_BUCKET ?? '',
    jobQueue: 'openevolve-prod-queue',
    jobDefinition: 'openevolve-prod-job',
    secretArn: secret.trim(),
  } satisfies Settings;
  await aws.aws(
    ...['ssm', 'put-parameter', '--name', '/openevolve/prod/config', '--type', 'String'],
    ...['--value', JSON.stringify(settings)],
  );
  const none = Object.fromEntries(
    Object.keys(aws.variables)
      .filter((name) => name.startsWith('OPENEVOLVE_'))
      .map((name) => [name, '']),
  );
  const command = await commandWith(none);
  const before = await command.run('doctor');
  expect(before.stderr).toMatch(/openevolve-aws configure/);
  expect(before.code).toBe(2);
  const { file } = await command.json<{ file: string }>('configure');
  expect(JSON.parse(await readFile(file, 'utf8'))).toEqual(settings);

  const { code, stdout } = await command.run('doctor', '--json');
  const checks = JSON.parse(stdout) as Check[];
  const results = Object.fromEntries(checks.map(({ name, result }) => [name, result]));
  expect(results).toMatchObject({
    credentials: 'ok',
    owner: 'ok',
    'input bucket': 'ok',
    queue: 'ok',
    'job definition': 'ok',
    secret: 'problem',
  });
  // The secret's placeholder is what must be mended.
  expect(code).toBe(2);
  expect((await command.run('doctor')).stdout).toMatch(/problem +secret .*\n +Store it with/);

  await writeFile(join(command.folder, 'data.csv'), 'x,y\n');
  const job = await command.json<SubmittedJob>(
    ...['submit', ...files, '--include', 'data.csv', '--max-usd', '5', '--max-outage', '1h'],
    ...['--target-score', '0', '--timeout', '2h', '--env', 'A=1', '--vcpus', '1'],
  );
  const { job: stored } = await command.json<{ job: object }>('status', job.jobId);
  expect(stored).toMatchObject({
    maxUsd: 5,
    maxOutageSeconds: 3_600,
    targetScore: 0,
    timeoutSeconds: 7_200,
    env: { A: '1' },
    inputs: { 'data.csv': { bytes: 4 } },
  });
  await command.json('cancel', job.jobId, '--now').catch(() => undefined);
});
