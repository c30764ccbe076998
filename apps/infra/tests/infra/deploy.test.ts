import { retryRules, type Settings } from '@openevolve-aws/job-spec';
import { type Server, startMinistack, startMoto } from '@openevolve-aws/test-servers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mainTemplate, propertiesOf } from '../synthesize.ts';
import { Deployment } from './deployment.ts';

interface Statement {
  readonly Effect: string;
  readonly Principal: { readonly Service?: string };
  readonly Condition?: unknown;
}

/** A stack's outputs by name. */
async function outputsOf(deployment: Deployment): Promise<Record<string, string>> {
  const { Stacks } = (await deployment.aws(
    ...['cloudformation', 'describe-stacks', '--stack-name', 'openevolve-prod'],
  )) as { Stacks: { Outputs: { OutputKey: string; OutputValue: string }[] }[] };
  return Object.fromEntries(
    (Stacks[0]?.Outputs ?? []).map(({ OutputKey, OutputValue }) => [OutputKey, OutputValue]),
  );
}

describe('deployed to ministack', () => {
  let server: Server;
  let deployment: Deployment;
  let outputs: Record<string, string>;
  beforeAll(async () => {
    server = await startMinistack();
    deployment = await Deployment.make('ministack', server);
    outputs = await outputsOf(deployment);
  });
  afterAll(async () => {
    await deployment?.remove();
    await server?.stop();
  });

  it('leaves no difference to the app', async () => {
    expect(await deployment.cdk('diff')).toContain('There were no differences');
  });

  it('has buckets that nobody reaches in public or over plain HTTP', async () => {
    for (const bucket of [outputs.InputBucket, outputs.OutputBucket]) {
      const name = ['--bucket', String(bucket)];
      const { Policy } = (await deployment.aws('s3api', 'get-bucket-policy', ...name)) as {
        Policy: string;
      };
      const { Statement } = JSON.parse(Policy) as { Statement: Statement[] };
      expect(Statement.map(({ Effect, Condition }) => [Effect, Condition])).toEqual([
        ['Deny', { Bool: { 'aws:SecureTransport': 'false' } }],
        ['Deny', { NumericLessThan: { 's3:TlsVersion': 1.2 } }],
      ]);
      expect(await deployment.aws('s3api', 'get-public-access-block', ...name)).toEqual({
        PublicAccessBlockConfiguration: {
          BlockPublicAcls: true,
          BlockPublicPolicy: true,
          IgnorePublicAcls: true,
          RestrictPublicBuckets: true,
        },
      });
    }
  });

  it('lets the publishers of alerts into the topic', async () => {
    const settings = await settingsOf(deployment);
    const { Attributes } = (await deployment.aws(
      ...['sns', 'get-topic-attributes', '--topic-arn', String(settings.alertTopicArn)],
    )) as { Attributes: { Policy: string } };
    const { Statement } = JSON.parse(Attributes.Policy) as { Statement: Statement[] };
    const publishers = Statement.filter(({ Effect }) => Effect === 'Allow');
    expect(publishers.map(({ Principal }) => Principal.Service).sort()).toEqual([
      'budgets.amazonaws.com',
      'cloudwatch.amazonaws.com',
      'events.amazonaws.com',
    ]);
  });

  it('tells in its settings what its outputs tell', async () => {
    expect(await settingsOf(deployment)).toMatchObject({
      inputBucket: outputs.InputBucket,
      outputBucket: outputs.OutputBucket,
      jobQueue: outputs.JobQueue,
      jobDefinition: outputs.JobDefinition,
    });
  });

  it('knows a user by a tag, within a boundary', async () => {
    const { User } = (await deployment.aws(
      ...['iam', 'get-user', '--user-name', 'openevolve-prod-alice2'],
    )) as { User: { Tags: unknown[]; PermissionsBoundary: unknown } };
    expect(User.Tags).toContainEqual({ Key: 'OpenEvolveUser', Value: 'alice2' });
    expect(User.PermissionsBoundary).toMatchObject({
      PermissionsBoundaryArn: expect.stringMatching(/:policy\/openevolve-prod-boundary$/),
    });
  });

  // ministack applies no lifecycle from a template, so the rules are put by themselves.
  it('has lifecycle rules that S3 takes and gives back', async () => {
    const { LifecycleConfiguration } = propertiesOf(
      mainTemplate(),
      'AWS::S3::Bucket',
      /^Outputs$/,
    ) as { LifecycleConfiguration: { Rules: Record<string, unknown>[] } };
    const rules = LifecycleConfiguration.Rules.map(asApiRule);
    const bucket = ['--bucket', String(outputs.OutputBucket)];
    await deployment.aws(
      ...['s3api', 'put-bucket-lifecycle-configuration', ...bucket],
      ...['--lifecycle-configuration', JSON.stringify({ Rules: rules })],
    );
    expect(
      await deployment.aws('s3api', 'get-bucket-lifecycle-configuration', ...bucket),
    ).toMatchObject({ Rules: rules });
  });

  it('is gone after destroy, but for what jobs have found', async () => {
    await deployment.cdk('destroy', '--force');
    const { Buckets } = (await deployment.aws('s3api', 'list-buckets')) as {
      Buckets: { Name: string }[];
    };
    const names = Buckets.map(({ Name }) => Name);
    expect(names).toEqual(expect.arrayContaining([outputs.InputBucket, outputs.OutputBucket]));
    const { Users } = (await deployment.aws('iam', 'list-users')) as { Users: unknown[] };
    expect(Users).toEqual([]);
  });
});

describe('deployed to moto', () => {
  let server: Server;
  let deployment: Deployment;
  beforeAll(async () => {
    server = await startMoto();
    deployment = await Deployment.make('moto', server);
  });
  afterAll(async () => {
    await deployment?.remove();
    await server?.stop();
  });

  it('has a job definition for every owner, with the retry rules and the way that jobs are held', async () => {
    const { jobDefinitions } = (await deployment.aws('batch', 'describe-job-definitions')) as {
      jobDefinitions: {
        retryStrategy: { evaluateOnExit: Record<string, string>[] };
        containerProperties: Record<string, unknown>;
      }[];
    };
    expect(jobDefinitions).toHaveLength(3);
    for (const { retryStrategy, containerProperties } of jobDefinitions) {
      expect(retryStrategy).toMatchObject({ attempts: 10 });
      // moto writes actions in lower case.
      expect(retryStrategy.evaluateOnExit).toEqual(
        retryRules.map((rule) => ({ ...rule, action: rule.action.toLowerCase() })),
      );
      expect(containerProperties).toMatchObject({
        user: '10001:10001',
        readonlyRootFilesystem: true,
        privileged: false,
        jobRoleArn: expect.stringMatching(/JobRole/),
        mountPoints: [{ containerPath: '/run/openevolve', readOnly: true }],
      });
    }
  });

  it('has a queue over Spot and On-Demand machines, in this order', async () => {
    const { jobQueues } = (await deployment.aws('batch', 'describe-job-queues')) as {
      jobQueues: { jobQueueName: string; computeEnvironmentOrder: object[] }[];
    };
    expect(jobQueues.map(({ jobQueueName }) => jobQueueName)).toEqual(['openevolve-prod-queue']);
    expect(jobQueues[0]?.computeEnvironmentOrder).toMatchObject([
      { order: 1, computeEnvironment: expect.stringMatching(/Spot/) },
      { order: 2, computeEnvironment: expect.stringMatching(/OnDemand/) },
    ]);
  });
});

async function settingsOf(deployment: Deployment): Promise<Settings> {
  const { Parameter } = (await deployment.aws(
    ...['ssm', 'get-parameter', '--name', '/openevolve/prod/config'],
  )) as { Parameter: { Value: string } };
  return JSON.parse(Parameter.Value);
}

/** A rule of a template as S3's own interface has it. */
function asApiRule(rule: Record<string, unknown>): Record<string, unknown> {
  const [tag] = (rule.TagFilters as { Key: string; Value: string }[] | undefined) ?? [];
  const { ExpirationInDays, ExpiredObjectDeleteMarker, Transitions } = rule;
  const expiration = {
    ...(ExpirationInDays === undefined ? {} : { Days: ExpirationInDays }),
    ...(ExpiredObjectDeleteMarker === undefined ? {} : { ExpiredObjectDeleteMarker }),
  };
  return {
    ID: rule.Id,
    Status: rule.Status,
    Filter: tag ? { Tag: tag } : { Prefix: '' },
    ...(Object.keys(expiration).length > 0 ? { Expiration: expiration } : {}),
    ...(Transitions === undefined
      ? {}
      : {
          Transitions: (Transitions as { TransitionInDays: number; StorageClass: string }[]).map(
            ({ TransitionInDays, StorageClass }) => ({ Days: TransitionInDays, StorageClass }),
          ),
        }),
    ...pick(rule, 'NoncurrentVersionExpiration', 'AbortIncompleteMultipartUpload'),
  };
}

function pick(rule: Record<string, unknown>, ...names: string[]): Record<string, unknown> {
  return Object.fromEntries(
    names.filter((name) => rule[name] !== undefined).map((name) => [name, rule[name]]),
  );
}
