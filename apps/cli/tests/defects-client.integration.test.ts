// The rows of the client among the defects of the bash implementation that came before: each check is
// shown to fail on what that implementation is documented to do, and to hold here, on AWS.
import type { JobView, SubmittedJob } from '@openevolve-aws/batch-client';
import { ownerFromArn } from '@openevolve-aws/s3-layout';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type AwsStandIn, startAwsStandIn } from './aws/aws-stand-in.ts';
import { writeGuideFiles } from './aws/guide-files.ts';
import { type BuiltCommand, builtCommand, until } from './built-command.ts';

const files = ['--program', 'initial_program.py', '--evaluator', 'evaluator.py'];

let aws: AwsStandIn;
let command: BuiltCommand;
let job: SubmittedJob;

beforeAll(async () => {
  aws = await startAwsStandIn();
  command = await builtCommand({ ...aws.variables, ...aws.endpoints, ...aws.credentials });
  await writeGuideFiles(command.folder);
  job = await command.json<SubmittedJob>(
    ...['submit', ...files, '--iterations', '100000', '--vcpus', '2'],
  );
});
afterAll(async () => {
  await command?.dispose();
  await aws?.stop();
});

it('8. shows the log of the first attempt while it runs', async () => {
  const isShown = (log: string) => log.trim() !== '';
  // The stream of the last ended attempt, of which there is none yet.
  const documented = '';
  expect(isShown(documented)).toBe(false);
  const log = await until(async () => (await command.run('logs', job.batchJobId)).stdout);
  expect(isShown(log)).toBe(true);
  const { batch } = await command.json<JobView>('status', job.batchJobId);
  expect(batch.status).toBe('RUNNING');
});

it('7. cancels a job that has started', async () => {
  const hasEnded = (status: string) => status === 'FAILED';
  // CancelJob leaves it as it is from STARTING on.
  const documented = 'RUNNING';
  expect(hasEnded(documented)).toBe(false);
  await command.json('cancel', job.batchJobId, '--now');
  const ended = await until(async () => {
    const { batch } = await command.json<JobView>('status', job.batchJobId);
    return batch.stoppedAt !== null && batch;
  });
  expect(hasEnded(ended.status)).toBe(true);
  expect(ended.statusReason).toBe('Cancelled by alice');
});

it('17. knows the user whatever the credentials are', () => {
  const account = '123456789012';
  const arns: Record<string, string> = {
    [`arn:aws:iam::${account}:user/openevolve-eu-west-alice`]: 'alice',
    [`arn:aws:sts::${account}:assumed-role/AWSReservedSSO_Dev_0123456789abcdef/alice@example.com`]:
      'alice',
    [`arn:aws:sts::${account}:assumed-role/openevolve-eu-west-alice/session-1`]: 'alice',
  };
  const knows = (ownerOf: (arn: string) => string) =>
    Object.entries(arns).every(([arn, owner]) => ownerOf(arn) === owner);
  // What is behind the last slash, without `openevolve-<one word>-`.
  const documented = (arn: string) =>
    (arn.split('/').at(-1) ?? '').replace(/^openevolve-[a-z]+-/, '');
  expect(knows(documented)).toBe(false);
  expect(knows((arn) => ownerFromArn(arn, 'eu-west'))).toBe(true);
});

it('18. takes numbers for numbers, and says sizes as AWS Batch wants them', async () => {
  type Overrides = { resourceRequirements?: { type: string; value: string }[] };
  const isCurrent = (overrides: Overrides & { vcpus?: number; memory?: number }) =>
    overrides.vcpus === undefined &&
    overrides.memory === undefined &&
    overrides.resourceRequirements !== undefined;
  const documented = { vcpus: 8, memory: 14_000 };
  expect(isCurrent(documented)).toBe(false);
  const { call } = await command.json<{ call: { containerOverrides: Overrides } }>(
    ...['submit', ...files, '--dry-run'],
  );
  expect(isCurrent(call.containerOverrides)).toBe(true);
  expect(call.containerOverrides.resourceRequirements).toEqual([
    { type: 'VCPU', value: '8' },
    { type: 'MEMORY', value: '14000' },
  ]);
  const code = '8}); import os; os.system("touch pwned"); print({8';
  const refused = await command.run('submit', ...files, '--vcpus', code);
  expect(refused.stderr).toMatch(/--vcpus takes a number/);
  expect(refused.code).toBe(2);
});
