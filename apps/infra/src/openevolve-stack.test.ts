import { parseDocument, settingsSchema } from '@openevolve-aws/job-spec';
import { Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import recommended from 'aws-cdk-lib/recommended-feature-flags.json' with { type: 'json' };
import { describe, expect, it } from 'vitest';
import { resolveTemplate } from '../tests/resolve-template.ts';
import { mainTemplate, propertiesOf, synthesize } from '../tests/synthesize.ts';
import { newApp } from './app.ts';
import { Dashboard } from './dashboard.ts';
import { featureFlags } from './feature-flags.ts';
import { resourceNames } from './names.ts';

const template = mainTemplate();

describe('machines', () => {
  const spot = propertiesOf(template, 'AWS::Batch::ComputeEnvironment', /Spot/);
  const onDemand = propertiesOf(template, 'AWS::Batch::ComputeEnvironment', /OnDemand/);

  it('are Spot first and On-Demand for the rest, none while no job waits, within one limit', () => {
    const queue = propertiesOf(template, 'AWS::Batch::JobQueue');
    expect(JSON.stringify(queue.ComputeEnvironmentOrder)).toMatch(/Spot.*"Order":1.*OnDemand.*2/);
    expect(spot.ComputeResources).toMatchObject({
      Type: 'SPOT',
      AllocationStrategy: 'SPOT_PRICE_CAPACITY_OPTIMIZED',
      MinvCpus: 0,
      MaxvCpus: 192,
    });
    expect(onDemand.ComputeResources).toMatchObject({ Type: 'EC2', MinvCpus: 0, MaxvCpus: 64 });
    expect(spot.ComputeResources.InstanceTypes.length).toBeGreaterThanOrEqual(10);
  });

  it('start from the newest version of their template', () => {
    for (const { ComputeResources } of [spot, onDemand]) {
      expect(ComputeResources.LaunchTemplate.Version).toEqual({
        'Fn::GetAtt': [expect.stringMatching(/Template/), 'LatestVersionNumber'],
      });
    }
  });

  it('are changed under running jobs without ending them', () => {
    for (const environment of [spot, onDemand]) {
      expect(environment).toMatchObject({
        ReplaceComputeEnvironment: false,
        UpdatePolicy: { TerminateJobsOnUpdate: false, JobExecutionTimeoutMinutes: 360 },
      });
    }
  });

  it('have encrypted disks, and metadata by token alone, which no bridge passes on', () => {
    const { LaunchTemplateData } = propertiesOf(template, 'AWS::EC2::LaunchTemplate');
    expect(LaunchTemplateData.BlockDeviceMappings).toEqual([
      { DeviceName: '/dev/xvda', Ebs: { Encrypted: true, VolumeSize: 50, VolumeType: 'gp3' } },
    ]);
    expect(LaunchTemplateData.MetadataOptions).toEqual({
      HttpTokens: 'required',
      HttpPutResponseHopLimit: 1,
      HttpProtocolIpv6: 'disabled',
      InstanceMetadataTags: 'disabled',
    });
  });

  it('may be chosen by capacity alone, as the guide does', () => {
    const guide = mainTemplate({ spotAllocation: 'SPOT_CAPACITY_OPTIMIZED' });
    const { ComputeResources } = propertiesOf(guide, 'AWS::Batch::ComputeEnvironment', /Spot/);
    expect(ComputeResources.AllocationStrategy).toBe('SPOT_CAPACITY_OPTIMIZED');
  });
});

describe('the queue', () => {
  it('shares the machines equally, and cancels what cannot start', () => {
    const queue = propertiesOf(template, 'AWS::Batch::JobQueue');
    expect(queue.JobQueueName).toBe('openevolve-prod-queue');
    expect(queue.SchedulingPolicyArn).toBeDefined();
    expect(propertiesOf(template, 'AWS::Batch::SchedulingPolicy')).toMatchObject({
      FairsharePolicy: { ShareDecaySeconds: 86_400 },
    });
    const actions: { Reason: string; MaxTimeSeconds: number; Action: string }[] =
      queue.JobStateTimeLimitActions;
    expect(actions.map(({ Action }) => Action)).toEqual(['CANCEL', 'CANCEL', 'CANCEL']);
    expect(Object.fromEntries(actions.map((it) => [it.Reason, it.MaxTimeSeconds]))).toEqual({
      'CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY': 86_400,
      'MISCONFIGURATION:COMPUTE_ENVIRONMENT_MAX_RESOURCE': 600,
      'MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT': 600,
    });
  });
});

describe("an owner's job definition", () => {
  const definition = propertiesOf(template, 'AWS::Batch::JobDefinition', /alice2/);
  const container = definition.ContainerProperties;

  it('is named after the owner and runs the image of the release', () => {
    expect(definition.JobDefinitionName).toBe('openevolve-prod-job-alice2');
    expect(JSON.stringify(container.Image)).toMatch(/dkr\.ecr.*:\d+\.\d+\.\d+"/);
    const promoted = mainTemplate({ imageTag: 'candidate-7' });
    const { ContainerProperties } = propertiesOf(promoted, 'AWS::Batch::JobDefinition', /bob/);
    expect(JSON.stringify(ContainerProperties.Image)).toContain(':candidate-7"');
  });

  it('holds a job in: a user of its own, a read-only root, no privilege, no readable init', () => {
    expect(container).toMatchObject({
      User: '10001:10001',
      Privileged: false,
      ReadonlyRootFilesystem: true,
      LinuxParameters: { InitProcessEnabled: false },
    });
  });

  it('lets a job write to memory of its own, where programs can be built and run', () => {
    expect(container.LinuxParameters.Tmpfs).toEqual([
      { ContainerPath: '/tmp', Size: 4096, MountOptions: ['exec', 'nosuid', 'nodev'] },
    ]);
  });

  it("shares nothing of the machine but the notices, which a job can't write", () => {
    expect(container.Volumes).toEqual([
      { Name: 'notices', Host: { SourcePath: '/run/openevolve' } },
    ]);
    expect(container.MountPoints).toEqual([
      { SourceVolume: 'notices', ContainerPath: '/run/openevolve', ReadOnly: true },
    ]);
    expect(container.Environment).toEqual([
      { Name: 'AWS_REGION', Value: 'us-east-1' },
      { Name: 'OPENEVOLVE_ENVIRONMENT', Value: 'prod' },
      { Name: 'OPENEVOLVE_NOTICE_FILE', Value: '/run/openevolve/notice.json' },
    ]);
  });

  it('gets the whole secret, so that a raw key or keys of several providers start a job too', () => {
    expect(container.Secrets).toEqual([
      { Name: 'GEMINI_API_KEY', ValueFrom: { Ref: expect.stringMatching(/ProviderKey/) } },
    ]);
  });

  it("writes to the owner's own log, which is kept for a month", () => {
    expect(container.LogConfiguration.LogDriver).toBe('awslogs');
    const { Ref } = container.LogConfiguration.Options['awslogs-group'];
    expect(template.findResources('AWS::Logs::LogGroup')[Ref]?.Properties).toMatchObject({
      LogGroupName: '/aws/batch/openevolve/prod/alice2',
      RetentionInDays: 30,
    });
  });

  it('ends an attempt that hangs after two weeks, and leaves older revisions in use', () => {
    expect(definition).toMatchObject({
      Timeout: { AttemptDurationSeconds: 1_209_600 },
      ResourceRetentionPolicy: { SkipDeregisterOnUpdate: true },
      PropagateTags: true,
    });
  });

  it('can be submitted to a fair-share queue, which takes no job without a priority', () => {
    expect(definition.SchedulingPriority).toBe(1);
  });

  it('has ten attempts, or as many as are asked for', () => {
    const three = mainTemplate({ attempts: 3 });
    const { RetryStrategy } = propertiesOf(three, 'AWS::Batch::JobDefinition', /bob/);
    expect(definition.RetryStrategy.Attempts).toBe(10);
    expect(RetryStrategy.Attempts).toBe(3);
  });

  it('fits what AWS Batch takes: 24 KiB', () => {
    expect(JSON.stringify(definition).length).toBeLessThan(24 * 1024);
  });
});

describe('images', () => {
  it('never lose the one that jobs run, however many are pushed after it', () => {
    const policyOf = (changes = {}) =>
      JSON.parse(
        propertiesOf(mainTemplate(changes), 'AWS::ECR::Repository').LifecyclePolicy
          .LifecyclePolicyText,
      ) as { rules: { rulePriority: number; selection: Record<string, unknown> }[] };
    const [, deployed, rest] = policyOf({ imageTag: '70a2e4fd6c1b' }).rules;
    expect(deployed).toMatchObject({
      rulePriority: 2,
      selection: { tagStatus: 'tagged', tagPatternList: ['70a2e4fd6c1b'], countNumber: 1 },
    });
    // An image of which a rule speaks is left alone by those after it.
    expect(rest).toMatchObject({ rulePriority: 3, selection: { tagStatus: 'any' } });
    expect(policyOf().rules[1]?.selection.tagPatternList).toEqual([
      expect.stringMatching(/^\d+\.\d+\.\d+$/),
    ]);
  });
});

describe('the network', () => {
  it('lets nothing in and HTTPS out, in two zones, without a NAT gateway', () => {
    const group = propertiesOf(template, 'AWS::EC2::SecurityGroup');
    expect(group.SecurityGroupIngress).toBeUndefined();
    expect(group.SecurityGroupEgress).toEqual([
      expect.objectContaining({
        CidrIp: '0.0.0.0/0',
        IpProtocol: 'tcp',
        FromPort: 443,
        ToPort: 443,
      }),
    ]);
    template.resourceCountIs('AWS::EC2::Subnet', 2);
    // Without an address of its own a machine without a NAT gateway reaches nothing.
    template.allResourcesProperties('AWS::EC2::Subnet', { MapPublicIpOnLaunch: true });
    template.resourceCountIs('AWS::EC2::NatGateway', 0);
    template.hasResourceProperties('AWS::EC2::FlowLog', { TrafficType: 'REJECT' });
    template.hasResourceProperties('AWS::EC2::VPCEndpoint', { VpcEndpointType: 'Gateway' });
  });

  it('can hide the machines: private subnets, one NAT gateway, image layers past it', () => {
    const hidden = mainTemplate({ network: 'private' });
    hidden.resourceCountIs('AWS::EC2::NatGateway', 1);
    const endpoints = Object.values(hidden.findResources('AWS::EC2::VPCEndpoint'));
    expect(endpoints.map(({ Properties }) => Properties.VpcEndpointType).sort()).toEqual([
      'Gateway',
      'Interface',
      'Interface',
    ]);
    const { ComputeResources } = propertiesOf(hidden, 'AWS::Batch::ComputeEnvironment', /Spot/);
    expect(JSON.stringify(ComputeResources.Subnets)).toMatch(/private.*private/);
    expect(JSON.stringify(ComputeResources.Subnets)).not.toMatch(/public/);
  });
});

describe('alerts', () => {
  it.each(['events', 'budgets', 'cloudwatch'])('let %s.amazonaws.com publish', (service) => {
    template.hasResourceProperties('AWS::SNS::TopicPolicy', {
      PolicyDocument: {
        Statement: Match.arrayWith([
          Match.objectLike({
            Effect: 'Allow',
            Action: 'sns:Publish',
            Principal: { Service: `${service}.amazonaws.com` },
          }),
        ]),
      },
    });
  });

  it('go to the address, by a topic without a key that services could not use', () => {
    template.hasResourceProperties('AWS::SNS::Subscription', {
      Protocol: 'email',
      Endpoint: 'your-email@example.com',
    });
    expect(propertiesOf(template, 'AWS::SNS::Topic').KmsMasterKeyId).toBeUndefined();
  });

  it('come from a failed job and a blocked queue of this environment alone', () => {
    const patterns = ['FailedJob', 'BlockedQueue'].map(
      (id) => propertiesOf(template, 'AWS::Events::Rule', new RegExp(id)).EventPattern,
    );
    expect(patterns).toEqual([
      {
        source: ['aws.batch'],
        'detail-type': ['Batch Job State Change'],
        detail: {
          status: ['FAILED'],
          jobQueue: [{ 'Fn::GetAtt': [expect.any(String), 'JobQueueArn'] }],
        },
      },
      {
        source: ['aws.batch'],
        'detail-type': ['Batch Job Queue Blocked'],
        detail: { jobQueue: [{ 'Fn::GetAtt': [expect.any(String), 'JobQueueArn'] }] },
      },
    ]);
  });

  it('come from a budget at 80 and 100 per cent', () => {
    const { Budget, NotificationsWithSubscribers } = propertiesOf(template, 'AWS::Budgets::Budget');
    expect(Budget.BudgetLimit).toEqual({ Amount: 200, Unit: 'USD' });
    expect(
      NotificationsWithSubscribers.map(
        ({ Notification }: { Notification: { Threshold: number } }) => Notification.Threshold,
      ),
    ).toEqual([80, 100]);
  });

  it('come from the metric that jobs write, and not while none runs', () => {
    expect(propertiesOf(template, 'AWS::CloudWatch::Alarm')).toMatchObject({
      Metrics: [
        {
          Expression: `SELECT MAX(LastCommitAge) FROM SCHEMA("OpenEvolve", "Environment", "Owner") WHERE "Environment" = 'prod'`,
        },
      ],
      Threshold: 1_800,
      TreatMissingData: 'notBreaching',
    });
  });
});

describe('the dashboard', () => {
  it('shows what jobs measure, states from events, errors of all logs, and the spending', () => {
    const { DashboardName, DashboardBody } = propertiesOf(template, 'AWS::CloudWatch::Dashboard');
    expect(DashboardName).toBe('openevolve-prod');
    const body = JSON.stringify(DashboardBody);
    for (const part of [
      'BestScore',
      'IterationThroughput',
      'LLMCallSuccessRate',
      'LastCommitAge',
      'LossWindowIterations',
      'CandidatesPerHour',
      'Workers',
      'WorkersWaitingForModel',
      'WorkersWaitingForSlot',
      'Evaluations',
      'VcpusUsed',
      'LLMUsd',
      'detail.status',
      'EstimatedCharges',
      '/aws/batch/openevolve/prod/bob',
      '/^ERROR/',
    ]) {
      expect(body).toContain(part);
    }
    // AWS Batch publishes no metric of job states.
    expect(body).not.toContain('AWS/Batch');
  });

  it('shows jobs of this environment alone', () => {
    const body = JSON.stringify(
      propertiesOf(mainTemplate({ environment: 'lab' }), 'AWS::CloudWatch::Dashboard')
        .DashboardBody,
    );
    const searches = body.split('SEARCH(').slice(1);
    expect(searches.length).toBeGreaterThan(8);
    for (const search of searches) {
      expect(search).toMatch(
        /^'\{OpenEvolve,Environment,Owner,JobShortId\} MetricName=\\+"\w+\\+" Environment=\\+"lab\\+"'/,
      );
    }
  });

  it('asks at most 50 logs in one query', () => {
    const stack = new Stack(newApp(), 'S');
    const owners = Array.from({ length: 100 }, (_, index) => `user${index}`);
    const names = resourceNames('prod');
    new Dashboard(stack, 'D', { environment: 'prod', names, owners, jobEventsLog: 'events' });
    const [body] = Object.values(
      resolveTemplate(Template.fromStack(stack).toJSON()).byType('AWS::CloudWatch::Dashboard'),
    );
    const { widgets } = JSON.parse(String(body?.DashboardBody)) as {
      widgets: { properties: { title: string; query?: string } }[];
    };
    const errors = widgets.filter(({ properties }) => properties.title === 'Errors');
    expect(errors.map(({ properties }) => properties.query?.split('SOURCE ').length)).toEqual([
      51, 51,
    ]);
  });
});

describe('users', () => {
  it('are IAM users in one group, known by a tag and held by a boundary', () => {
    const user = propertiesOf(template, 'AWS::IAM::User', /alice2/);
    expect(user).toMatchObject({
      UserName: 'openevolve-prod-alice2',
      Groups: [{ Ref: expect.any(String) }],
      PermissionsBoundary: { Ref: expect.stringMatching(/Boundary/) },
    });
    expect(user.Tags).toContainEqual({ Key: 'OpenEvolveUser', Value: 'alice2' });
    template.resourceCountIs('AWS::IAM::AccessKey', 0);
  });

  it('have an access key only on request, in Secrets Manager and in no output', () => {
    const keyed = mainTemplate({ accessKeys: ['bob'] });
    keyed.resourceCountIs('AWS::IAM::AccessKey', 1);
    const { SecretString } = propertiesOf(keyed, 'AWS::SecretsManager::Secret', /bob/);
    expect(JSON.stringify(SecretString)).toMatch(/access_key_id.*secret_access_key/);
    expect(JSON.stringify(keyed.toJSON().Outputs)).not.toContain('SecretAccessKey');
    keyed.hasOutput('AccessKeybob', { Value: { Ref: Match.stringLikeRegexp('bob') } });
  });

  it('are none where people sign in by Identity Center, whose policy has a fixed name', () => {
    const central = mainTemplate({ signIn: 'identity-center' });
    central.resourceCountIs('AWS::IAM::User', 0);
    central.hasResourceProperties('AWS::IAM::ManagedPolicy', {
      ManagedPolicyName: 'openevolve-prod-user',
    });
  });

  it('of a further group have a stack of their own, which leaves the first as it was', () => {
    const one = synthesize();
    const two = synthesize({ moreUsers: [['carol', 'dave']] });
    expect(Object.keys(two)).toEqual(['OpenEvolve', 'Users1']);
    two.Users1?.resourceCountIs('AWS::Batch::JobDefinition', 2);
    const ids = (it: typeof one) => Object.keys(it.OpenEvolve?.toJSON().Resources);
    expect(ids(two)).toEqual(ids(one));
  });

  it('of a further group may all leave, or sign in otherwise: the first stack is deployed before', () => {
    const exportsOf = (changes: Parameters<typeof synthesize>[0]) =>
      Object.entries<{ Export?: object }>(synthesize(changes).OpenEvolve?.toJSON().Outputs)
        .filter(([, { Export }]) => Export)
        .map(([name]) => name)
        .sort();
    const imported = exportsOf({ moreUsers: [['carol']] });
    expect(imported.length).toBeGreaterThan(5);
    expect(exportsOf({ moreUsers: [['carol']], signIn: 'identity-center' })).toEqual(imported);
    expect(exportsOf({ moreUsers: [[]] })).toEqual(imported);
    // CloudFormation refuses a template without resources.
    const left = synthesize({ moreUsers: [[]] }).Users1?.toJSON().Resources;
    expect(Object.keys(left)).toHaveLength(1);
  });
});

it('has policies that IAM takes, however long the names are: 6144 characters', () => {
  const longest = mainTemplate({ environment: 'a-sixteen-letter' });
  const policies = Object.values(
    resolveTemplate(longest.toJSON()).byType('AWS::IAM::ManagedPolicy'),
  );
  expect(policies).toHaveLength(2);
  for (const { PolicyDocument } of policies) {
    const document = JSON.stringify(PolicyDocument);
    const bucketNames = 63 * document.split('arn:aws:s3:::').length;
    expect(document.length + bucketNames).toBeLessThan(6_144);
  }
});

describe('settings', () => {
  it('are what the SDK reads, under the name that it looks for', () => {
    const { Settings } = resolveTemplate(template.toJSON()).byType('AWS::SSM::Parameter');
    expect(Settings?.Name).toBe('/openevolve/prod/config');
    expect(parseDocument(settingsSchema, String(Settings?.Value), 'the parameter')).toEqual({
      version: 1,
      environment: 'prod',
      region: 'us-east-1',
      inputBucket: 'inputs',
      outputBucket: 'outputs',
      jobQueue: 'openevolve-prod-queue',
      jobDefinition: 'openevolve-prod-job',
      logGroup: '/aws/batch/openevolve/prod',
      alertTopicArn: expect.stringMatching(/^arn:aws:sns:/),
      secretArn: expect.stringMatching(/^arn:aws:secretsmanager:/),
    });
  });
});

it('names nothing as another environment of the account does', () => {
  const names = (environment: string) =>
    Object.values(mainTemplate({ environment }).toJSON().Resources as Record<string, Resource>)
      // A policy that is a part of its role has a name of its own within it.
      .filter(({ Type }) => Type !== 'AWS::IAM::Policy')
      .flatMap(({ Properties = {} }) => Object.entries(Properties))
      .filter(([property, name]) => property.endsWith('Name') && typeof name === 'string')
      .map(([, name]) => name);
  const lab = names('lab');
  expect(lab.length).toBeGreaterThan(15);
  expect(names('prod').filter((name) => lab.includes(name))).toEqual([]);
});

interface Resource {
  readonly Type: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
}

describe('featureFlags', () => {
  it('decide every flag of this CDK release, as it recommends but for one', () => {
    expect(featureFlags).toEqual({
      ...recommended,
      '@aws-cdk/aws-ec2:restrictDefaultSecurityGroup': false,
    });
  });

  it('hold in the app whatever the command line says', () => {
    const app = newApp();
    for (const [flag, value] of Object.entries(featureFlags)) {
      expect(app.node.tryGetContext(flag), flag).toEqual(value);
    }
  });
});
