import {
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  PutLogEventsCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import { CreateRepositoryCommand, ECRClient, PutImageCommand } from '@aws-sdk/client-ecr';
import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { CreateTopicCommand, SNSClient, SubscribeCommand } from '@aws-sdk/client-sns';
import { PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { collect } from '@openevolve-aws/object-store/testing';
import { type Server, startMinistack, startMoto } from '@openevolve-aws/test-servers';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { awsClients } from '../src/aws/clients.ts';
import type { AwsJob } from '../src/aws/job-view.ts';
import type { AwsClients } from '../src/aws/ports.ts';
import { readAwsLogs } from '../src/aws/read-logs.ts';

const group = '/aws/batch/openevolve/prod/alice';

/** Two emulators that were made independently of each other. */
describe.each<[string, () => Promise<Server>]>([
  ['moto', startMoto],
  ['ministack', startMinistack],
])('beside AWS Batch, on %s', (_, start) => {
  let server: Server;
  let clients: AwsClients;
  const config = () => ({
    endpoint: server.url,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });

  beforeAll(async () => {
    server = await start();
    for (const [name, value] of Object.entries(server.environment)) {
      vi.stubEnv(name, value);
    }
    clients = awsClients({ region: 'us-east-1' });
  }, 60_000);
  afterAll(async () => {
    vi.unstubAllEnvs();
    await server?.stop();
  });

  it('knows who asks', async () => {
    const { account, arn } = await (await clients.sts()).getCallerIdentity();
    expect(account).toMatch(/^\d{12}$/);
    expect(arn).toMatch(/^arn:aws:(iam|sts)::\d{12}:/);
  });

  it('reads a parameter, and tells one that is not there', async () => {
    await new SSMClient(config()).send(
      new PutParameterCommand({ Name: '/openevolve/prod/config', Type: 'String', Value: '{}' }),
    );
    const ssm = await clients.ssm();
    expect(await ssm.getParameter('/openevolve/prod/config')).toBe('{}');
    expect(await ssm.getParameter('/openevolve/test/config')).toBeNull();
  });

  it('reads a secret, and tells one that is not there', async () => {
    const { ARN = '' } = await new SecretsManagerClient(config()).send(
      new CreateSecretCommand({ Name: 'key', SecretString: 'a-key' }),
    );
    const secrets = await clients.secrets();
    expect(await secrets.getSecretValue(ARN)).toBe('a-key');
    await expect(secrets.getSecretValue('other')).rejects.toMatchObject({ code: 'SETTINGS' });
  });

  it('tells an image that was pushed from one that was not', async () => {
    const ecr = new ECRClient(config());
    const { repository } = await ecr.send(
      new CreateRepositoryCommand({ repositoryName: 'openevolve' }),
    );
    const account = repository?.registryId ?? '';
    await ecr.send(
      new PutImageCommand({
        repositoryName: 'openevolve',
        imageTag: '1.0',
        imageManifest: JSON.stringify({
          schemaVersion: 2,
          mediaType: 'application/vnd.docker.distribution.manifest.v2+json',
          config: {},
          layers: [],
        }),
      }),
    );
    const image = { account, region: 'us-east-1', repository: 'openevolve' };
    const { findImage } = await clients.ecr();
    expect(await findImage({ ...image, tag: '1.0' })).not.toBeNull();
    expect(await findImage({ ...image, tag: '2.0' })).toBeNull();
    expect(await findImage({ ...image, repository: 'other', tag: '1.0' })).toBeNull();
  });

  it('lists who gets alerts', async () => {
    const sns = new SNSClient(config());
    const { TopicArn = '' } = await sns.send(new CreateTopicCommand({ Name: 'alerts' }));
    await sns.send(
      new SubscribeCommand({ TopicArn, Protocol: 'email', Endpoint: 'ops@example.com' }),
    );
    const listed = await (await clients.sns()).listSubscriptions(TopicArn);
    expect(listed.map(({ endpoint }) => endpoint)).toEqual(['ops@example.com']);
  });

  it('reads all lines of a log, page by page', async () => {
    const logs = new CloudWatchLogsClient(config());
    const stream = { logGroupName: group, logStreamName: 'job/default/1' };
    await logs.send(new CreateLogGroupCommand({ logGroupName: group }));
    await logs.send(new CreateLogStreamCommand(stream));
    const began = Date.now() - 60_000;
    // More than a page of GetLogEvents holds.
    for (const part of [0, 1]) {
      const logEvents = Array.from({ length: 6_000 }, (__, index) => ({
        timestamp: began + part * 6_000 + index,
        message: `line ${part * 6_000 + index}`,
      }));
      await logs.send(new PutLogEventsCommand({ ...stream, logEvents }));
    }
    const job = {
      status: 'SUCCEEDED',
      stoppedAt: new Date(began).toISOString(),
      attempts: [
        { number: 1, stoppedAt: new Date(began).toISOString(), logStream: 'job/default/1' },
      ],
    } as unknown as AwsJob;
    const reading = {
      describe: async () => job,
      logs: await clients.logs(),
      groupOf: () => group,
    };
    const lines = await collect(readAwsLogs(reading, { follow: true }));
    expect(lines).toHaveLength(12_000);
    expect(lines.at(-1)).toEqual({
      attempt: 1,
      at: new Date(began + 11_999).toISOString(),
      text: 'line 11999',
    });
    const since = new Date(began + 11_990).toISOString();
    expect(await collect(readAwsLogs(reading, { since, follow: false }))).toHaveLength(10);
  });
});
