import {
  BatchClient,
  CreateComputeEnvironmentCommand,
  CreateJobQueueCommand,
  CreateSchedulingPolicyCommand,
  RegisterJobDefinitionCommand,
} from '@aws-sdk/client-batch';
import {
  CloudFormationClient,
  CreateStackCommand,
  DescribeStacksCommand,
  type Stack,
} from '@aws-sdk/client-cloudformation';
import {
  CloudWatchLogsClient,
  CreateLogStreamCommand,
  PutLogEventsCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { CreateTopicCommand, SNSClient, SubscribeCommand } from '@aws-sdk/client-sns';
import { PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import {
  PROVIDER_KEY_PLACEHOLDER,
  type Settings,
  serializeDocument,
} from '@openevolve-aws/job-spec';
import type { Server } from '@openevolve-aws/test-servers';

interface ClientConfig {
  readonly endpoint: string;
  readonly region: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

const role = {
  Type: 'AWS::IAM::Role',
  Properties: {
    AssumeRolePolicyDocument: {
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Principal: { Service: 'batch.amazonaws.com' },
          Action: 'sts:AssumeRole',
        },
      ],
    },
  },
};

/** What jobs need of an account beside AWS Batch, as the deployment names it. */
const template = (owner: string) => ({
  Outputs: {
    Role: { Value: { 'Fn::GetAtt': ['Role', 'Arn'] } },
    InputBucket: { Value: { Ref: 'Inputs' } },
    OutputBucket: { Value: { Ref: 'Outputs' } },
    JobQueue: { Value: 'openevolve-prod-queue' },
    JobDefinition: { Value: 'openevolve-prod-job' },
  },
  Resources: {
    Inputs: { Type: 'AWS::S3::Bucket', Properties: { BucketName: 'openevolve-prod-inputs' } },
    Outputs: { Type: 'AWS::S3::Bucket', Properties: { BucketName: 'openevolve-prod-outputs' } },
    Logs: {
      Type: 'AWS::Logs::LogGroup',
      Properties: { LogGroupName: `/aws/batch/openevolve/prod/${owner}` },
    },
    Role: role,
  },
});

function roleOf({ Outputs = [] }: Stack): string {
  return Outputs.find(({ OutputKey }) => OutputKey === 'Role')?.OutputValue ?? '';
}

async function makeQueue(batch: BatchClient, serviceRole: string, owner: string): Promise<void> {
  await batch.send(
    new CreateComputeEnvironmentCommand({
      computeEnvironmentName: 'openevolve-prod-spot',
      type: 'UNMANAGED',
      state: 'ENABLED',
      serviceRole,
    }),
  );
  const { arn } = await batch.send(
    new CreateSchedulingPolicyCommand({ name: 'openevolve-prod', fairsharePolicy: {} }),
  );
  await batch.send(
    new CreateJobQueueCommand({
      jobQueueName: 'openevolve-prod-queue',
      state: 'ENABLED',
      priority: 1,
      schedulingPolicyArn: arn,
      computeEnvironmentOrder: [{ order: 1, computeEnvironment: 'openevolve-prod-spot' }],
    }),
  );
  await batch.send(
    new RegisterJobDefinitionCommand({
      jobDefinitionName: `openevolve-prod-job-${owner}`,
      type: 'container',
      containerProperties: {
        image: 'openevolve-prod:1.0.0',
        resourceRequirements: [
          { type: 'VCPU', value: '8' },
          { type: 'MEMORY', value: '14000' },
        ],
      },
    }),
  );
}

/** An account with a deployed environment, on an emulator. */
export class AwsAccount {
  readonly settings: Settings;
  readonly #config: ClientConfig;

  private constructor(settings: Settings, config: ClientConfig) {
    this.settings = settings;
    this.#config = config;
  }

  static async deploy(moto: Server, owner: string): Promise<AwsAccount> {
    // Jobs are done at once, without a container.
    await fetch(`${moto.url}/moto-api/config`, {
      method: 'POST',
      body: JSON.stringify({ batch: { use_docker: false } }),
    });
    const config = {
      endpoint: moto.url,
      region: 'us-east-1',
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
      maxAttempts: 1,
    };
    const formation = new CloudFormationClient(config);
    await formation.send(
      new CreateStackCommand({
        StackName: 'openevolve-prod',
        TemplateBody: JSON.stringify(template(owner)),
      }),
    );
    const { Stacks } = await formation.send(
      new DescribeStacksCommand({ StackName: 'openevolve-prod' }),
    );
    if (Stacks?.[0]?.StackStatus !== 'CREATE_COMPLETE') {
      throw new Error(`The stack is ${Stacks?.[0]?.StackStatus}.`);
    }
    await makeQueue(new BatchClient(config), roleOf(Stacks[0]), owner);
    const { TopicArn = '' } = await new SNSClient(config).send(
      new CreateTopicCommand({ Name: 'alerts' }),
    );
    const { ARN = '' } = await new SecretsManagerClient(config).send(
      new CreateSecretCommand({
        Name: 'provider-key',
        SecretString: JSON.stringify({ GEMINI_API_KEY: PROVIDER_KEY_PLACEHOLDER }),
      }),
    );
    const settings: Settings = {
      version: 1,
      environment: 'prod',
      region: 'us-east-1',
      inputBucket: 'openevolve-prod-inputs',
      outputBucket: 'openevolve-prod-outputs',
      jobQueue: 'openevolve-prod-queue',
      jobDefinition: 'openevolve-prod-job',
      logGroup: '/aws/batch/openevolve/prod',
      alertTopicArn: TopicArn,
      secretArn: ARN,
    };
    await new SSMClient(config).send(
      new PutParameterCommand({
        Name: '/openevolve/prod/config',
        Type: 'String',
        Value: new TextDecoder().decode(serializeDocument(settings)),
      }),
    );
    return new AwsAccount(settings, config);
  }

  /** What a container would have logged. */
  async log(logGroupName: string, logStreamName: string, lines: readonly string[]): Promise<void> {
    const logs = new CloudWatchLogsClient(this.#config);
    await logs.send(new CreateLogStreamCommand({ logGroupName, logStreamName }));
    await logs.send(
      new PutLogEventsCommand({
        logGroupName,
        logStreamName,
        logEvents: lines.map((message, index) => ({ message, timestamp: Date.now() + index })),
      }),
    );
  }

  async subscribe(email: string): Promise<void> {
    await new SNSClient(this.#config).send(
      new SubscribeCommand({
        TopicArn: this.settings.alertTopicArn,
        Protocol: 'email',
        Endpoint: email,
      }),
    );
  }
}
