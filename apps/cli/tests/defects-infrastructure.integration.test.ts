// Where the Terraform that came before breaks the guide's promises. Each defect is one check, shown
// to fail on what that Terraform is documented to make and to hold on what is deployed here.
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import {
  CreateBucketCommand,
  ListBucketsCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { readKeys } from '@openevolve-aws/llm-gateway';
import { beforeAll, expect, it, onTestFinished } from 'vitest';
import { EmulatedAccount, guideEnvironment } from './administration/account.ts';

const dockerfile = fileURLToPath(new URL('../../../Dockerfile.aws', import.meta.url));

interface Statement {
  readonly Effect: string;
  readonly Action: string | string[];
  readonly Resource: unknown;
  readonly Principal?: { readonly Service?: string };
  readonly Condition?: unknown;
}

interface Resource {
  readonly Type: string;
  // Each test knows the shape of its own.
  readonly Properties: Record<string, unknown>;
}

let resources: readonly (Resource & { readonly id: string })[];

beforeAll(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'defects-'));
  try {
    const file = join(folder, 'openevolve.config.json');
    await writeFile(file, JSON.stringify(guideEnvironment));
    const bin = fileURLToPath(new URL('../../infra/src/bin.ts', import.meta.url));
    await promisify(execFile)(process.execPath, [
      ...['--conditions=@openevolve-aws/source', bin, 'synth', '--quiet'],
      ...['--config', file, '--output', folder],
    ]);
    const template = await readFile(join(folder, 'OpenEvolve.template.json'), 'utf8');
    const { Resources } = JSON.parse(template) as { Resources: Record<string, Resource> };
    resources = Object.entries(Resources).map(([id, resource]) => ({ id, ...resource }));
  } finally {
    await rm(folder, { recursive: true });
  }
});

/** As JSON, with the text of user data and dashboards in it. */
const textOf = (type: string) =>
  JSON.stringify(resources.filter((one) => one.Type === type)).replaceAll('\\\\', '\\');
const statementsOf = (type: string, id: RegExp): Statement[] =>
  resources
    .filter((one) => one.Type === type && id.test(one.id))
    .flatMap(({ Properties }) => [
      Properties.PolicyDocument,
      ...((Properties.Policies as { PolicyDocument: unknown }[] | undefined) ?? []).map(
        ({ PolicyDocument }) => PolicyDocument,
      ),
    ])
    .flatMap((document) => (document as { Statement?: Statement[] } | undefined)?.Statement ?? []);
const jobContainers = () =>
  resources
    .filter(({ Type }) => Type === 'AWS::Batch::JobDefinition')
    .map(({ Properties }) => Properties.ContainerProperties as Record<string, unknown>);

it('5. gives a container the two minutes of a Spot notice', () => {
  const hasTime = (userData: string) =>
    /ECS_CONTAINER_STOP_TIMEOUT=(120s|2m)/.test(userData) &&
    userData.includes('ECS_ENABLE_SPOT_INSTANCE_DRAINING=true');
  const documented = '#!/bin/bash\nyum update -y\n';
  expect(hasTime(documented)).toBe(false);
  expect(hasTime(textOf('AWS::EC2::LaunchTemplate'))).toBe(true);
});

it('6. has a secret that jobs can read, as JSON and raw', () => {
  const key = 'AIzaSyA-real-looking-key_0123456789abcd';
  const isRead = (read: (injected: string) => string | undefined) =>
    [JSON.stringify({ GEMINI_API_KEY: key }), key].every((injected) => read(injected) === key);
  const documented = (injected: string) => injected;
  expect(isRead(documented)).toBe(false);
  expect(isRead((injected) => readKeys({ GEMINI_API_KEY: injected }).get('GEMINI_API_KEY'))).toBe(
    true,
  );
  // ECS gives a container the whole secret when its ARN names no field: arn:...:field:stage:version
  for (const { Secrets } of jobContainers()) {
    expect(Secrets).toEqual([
      { Name: 'GEMINI_API_KEY', ValueFrom: { Ref: expect.stringMatching(/^ProviderKey/) } },
    ]);
  }
});

it('10. draws dashboards and alarms from metrics that are published', () => {
  const isPublished = (text: string) => !/"?AWS\/Batch"?/.test(text) && text.includes('OpenEvolve');
  const documented = '{"metrics": [["AWS/Batch", "RunningJobs"]]}';
  expect(isPublished(documented)).toBe(false);
  expect(isPublished(textOf('AWS::CloudWatch::Dashboard'))).toBe(true);
  expect(isPublished(textOf('AWS::CloudWatch::Alarm'))).toBe(true);
  expect(textOf('AWS::Events::Rule')).toContain('Batch Job State Change');
});

it("11. lets users end, read and overwrite their own alone, and jobs their owner's", () => {
  const reaches = ({ Effect, Action, Resource, Condition }: Statement, asks: RegExp) =>
    Effect === 'Allow' &&
    [Action].flat().some((action) => asks.test(action)) &&
    !/PrincipalTag/.test(JSON.stringify([Resource, Condition])) &&
    !/users\/alice\/\*/.test(JSON.stringify([Resource, Condition]));
  const asks = /^(batch:(Submit|Cancel|Terminate|Tag)|s3:|logs:|\*)/;
  const documented: Statement = {
    Effect: 'Allow',
    Action: ['batch:DescribeJobs', 'batch:CancelJob', 'batch:TerminateJob'],
    Resource: '*',
  };
  expect(reaches(documented, asks)).toBe(true);
  const ofUsers = statementsOf('AWS::IAM::ManagedPolicy', /^UserPolicy/);
  const ofJobs = statementsOf('AWS::IAM::Role', /^Owneralice/);
  expect(ofUsers.length).toBeGreaterThan(5);
  expect(ofJobs.length).toBeGreaterThan(1);
  expect([...ofUsers, ...ofJobs].filter((statement) => reaches(statement, asks))).toEqual([]);
});

it('12. lets budgets and events publish to the topic of alerts', () => {
  const letIn = (statements: readonly Statement[]) =>
    ['budgets.amazonaws.com', 'events.amazonaws.com'].every((service) =>
      statements.some(
        ({ Effect, Action, Principal }) =>
          Effect === 'Allow' && Action === 'sns:Publish' && Principal?.Service === service,
      ),
    );
  expect(letIn([])).toBe(false);
  expect(letIn(statementsOf('AWS::SNS::TopicPolicy', /./))).toBe(true);
});

it('20. runs jobs without root on a read-only root, behind one open port and an endpoint of S3', async () => {
  const isHeld = ({ User, ReadonlyRootFilesystem, Privileged }: Record<string, unknown>) =>
    /^[1-9]/.test(String(User)) && ReadonlyRootFilesystem === true && Privileged !== true;
  expect(isHeld({ User: undefined })).toBe(false);
  expect(jobContainers()).toHaveLength(3);
  expect(jobContainers().every(isHeld)).toBe(true);

  // What a target of the image runs as is what its last USER says; Docker's default is root.
  const usersOf = (dockerfile: string) =>
    dockerfile
      .split(/^(?=FROM )/m)
      .filter((stage) => / AS (slim|full)$/m.test(stage))
      .map((stage) => stage.match(/^USER (\S+)/gm)?.at(-1));
  expect(usersOf('FROM python:3.11 AS full\nCOPY . /app\n')).toEqual([undefined]);
  expect(usersOf(await readFile(dockerfile, 'utf8'))).toEqual([
    'USER 10001:10001',
    'USER 10001:10001',
  ]);

  const isNarrow = (rules: unknown) =>
    JSON.stringify(rules)
      .match(/"FromPort":(\d+)/g)
      ?.join();
  const documented = [{ IpProtocol: '-1', CidrIp: '0.0.0.0/0' }];
  expect(isNarrow(documented)).toBeUndefined();
  const groups = resources.filter(({ Type }) => Type === 'AWS::EC2::SecurityGroup');
  expect(groups.map(({ Properties }) => isNarrow(Properties.SecurityGroupEgress))).toEqual([
    '"FromPort":443',
  ]);
  expect(groups.map(({ Properties }) => Properties.SecurityGroupIngress)).toEqual([undefined]);
  expect(textOf('AWS::EC2::VPCEndpoint')).toContain('s3');
});

it('19. destroys what it says, also buckets that are not empty', async () => {
  const isGone = (left: readonly string[]) => left.length === 0;
  const documented = ['openevolve-prod-outputs-1a2b'];
  expect(isGone(documented)).toBe(false);

  const account = await EmulatedAccount.start();
  onTestFinished(() => account.stop());
  const s3 = new S3Client({
    endpoint: account.url.ministack,
    region: 'us-east-1',
    credentials: { accessKeyId: 'administrator', secretAccessKey: 'made-up' },
    forcePathStyle: true,
  });
  const [Bucket] = documented;
  await s3.send(new CreateBucketCommand({ Bucket }));
  await s3.send(
    new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: 'Enabled' } }),
  );
  for (const Body of ['first', 'second']) {
    await s3.send(new PutObjectCommand({ Bucket, Key: 'users/alice/1/output/x', Body }));
  }
  await account.json('destroy', '--yes');
  const { Buckets = [] } = await s3.send(new ListBucketsCommand({}));
  expect(isGone(Buckets.map(({ Name = '' }) => Name))).toBe(true);
});
