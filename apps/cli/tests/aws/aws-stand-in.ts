import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import {
  CloudWatchLogsClient,
  CreateLogStreamCommand,
  PutLogEventsCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import { offlineModel, serveModels } from '@openevolve-aws/llm-gateway';
import { pythonProgram, type Server, startMoto } from '@openevolve-aws/test-servers';
import { BatchStandIn } from './batch-stand-in.ts';

const entrypoint = fileURLToPath(new URL('../../dist/entrypoint/main.js', import.meta.url));
const geminiNetwork = fileURLToPath(new URL('./gemini-network.mjs', import.meta.url));
const python = fileURLToPath(new URL('../../../../.venv/bin/python', import.meta.url));

const KEY = 'AIza-a-key-of-the-stand-in';
/** Long enough that a job can be met while it runs. */
const MODEL_MS = 200;
const LOG_GROUP = '/aws/batch/openevolve/prod';

/** An account with a deployed environment `prod` and the user `alice`, without AWS. */
export interface AwsStandIn {
  /** Where jobs go, as the guide's step 8 has it. */
  readonly variables: Readonly<Record<string, string>>;
  /** Where the services are. */
  readonly endpoints: Readonly<Record<string, string>>;
  /** Those of the IAM user `openevolve-prod-alice` where S3 is moto's. */
  readonly credentials: Readonly<Record<'AWS_ACCESS_KEY_ID' | 'AWS_SECRET_ACCESS_KEY', string>>;
  readonly batch: BatchStandIn;
  /** AWS's own command with the account's administrator. */
  aws(...args: string[]): Promise<string>;
  /** Whether moto holds callers to their policies; the user has none. */
  guard(on: boolean): Promise<void>;
  stop(): Promise<void>;
}

/**
 * moto for STS, IAM, CloudWatch Logs and what else is called; S3 from any server; AWS Batch by
 * {@link BatchStandIn}, whose containers run the real entrypoint; Gemini by the offline model.
 *
 * @param startS3 where S3 is; moto without it.
 */
export async function startAwsStandIn(startS3?: () => Promise<Server>): Promise<AwsStandIn> {
  const folder = await mkdtemp(join(tmpdir(), 'aws-stand-in-'));
  const moto = await startMoto();
  const s3 = (await startS3?.()) ?? moto;
  const model = offlineModel({ seed: 1, latencyMs: MODEL_MS });
  const gemini = await serveModels({ token: KEY, upstreams: { '/v1beta/openai': model } });
  const endpoints = { AWS_ENDPOINT_URL: moto.url, AWS_ENDPOINT_URL_S3: s3.url };
  const { AWS_ACCESS_KEY_ID = '', AWS_SECRET_ACCESS_KEY = '' } = s3.environment;
  const administrator = { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_REGION: 'us-east-1' };
  const environment = { ...administrator, ...endpoints, AWS_DEFAULT_REGION: 'us-east-1' };
  const aws = async (...args: string[]) => {
    const options = { env: { PATH: process.env.PATH, HOME: folder, ...environment } };
    return (await promisify(execFile)(pythonProgram('aws'), args, options)).stdout;
  };

  const logs = new CloudWatchLogsClient({
    endpoint: moto.url,
    region: 'us-east-1',
    credentials: { accessKeyId: AWS_ACCESS_KEY_ID, secretAccessKey: AWS_SECRET_ACCESS_KEY },
  });
  const streams = new Set<string>();
  const batch = await BatchStandIn.start({
    folder,
    queue: 'openevolve-prod-queue',
    definitions: ['openevolve-prod-job-alice'],
    logGroupOf: (owner) => `${LOG_GROUP}/${owner}`,
    container: [process.execPath, '--import', geminiNetwork, entrypoint],
    environment: {
      ...environment,
      PATH: process.env.PATH,
      HOME: folder,
      GEMINI_API_KEY: KEY,
      GEMINI_STAND_IN_URL: gemini.origin,
      OPENEVOLVE_PYTHON: python,
    },
    async log(logGroupName, logStreamName, lines) {
      const events = lines.map((message) => ({ message, timestamp: Date.now() }));
      if (!streams.has(logStreamName)) {
        streams.add(logStreamName);
        await logs.send(new CreateLogStreamCommand({ logGroupName, logStreamName }));
      }
      await logs.send(new PutLogEventsCommand({ logGroupName, logStreamName, logEvents: events }));
    },
  });
  const stop = async () => {
    await batch.stop();
    await gemini.close();
    await s3.stop();
    await moto.stop();
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    await aws('s3', 'mb', 's3://openevolve-prod-inputs-xxxx');
    await aws('s3', 'mb', 's3://openevolve-prod-outputs-xxxx');
    await aws('logs', 'create-log-group', '--log-group-name', `${LOG_GROUP}/alice`);
    const user = await makeUser(aws);
    return {
      // Only moto knows its users; another S3 server wants its own key, which names nobody.
      credentials: s3 === moto ? user : { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY },
      variables: {
        OPENEVOLVE_INPUT_BUCKET: 'openevolve-prod-inputs-xxxx',
        OPENEVOLVE_OUTPUT_BUCKET: 'openevolve-prod-outputs-xxxx',
        OPENEVOLVE_JOB_QUEUE: 'openevolve-prod-queue',
        OPENEVOLVE_JOB_DEFINITION: 'openevolve-prod-job',
        AWS_DEFAULT_REGION: 'us-east-1',
        ...(s3 !== moto && { OPENEVOLVE_OWNER: 'alice' }),
      },
      endpoints: { ...endpoints, AWS_ENDPOINT_URL_BATCH: batch.url },
      batch,
      aws,
      async guard(on) {
        await fetch(`${moto.url}/moto-api/reset-auth`, {
          method: 'POST',
          headers: { 'content-type': 'text/plain' },
          body: on ? '0' : 'inf',
        });
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

type Credentials = AwsStandIn['credentials'];

async function makeUser(aws: AwsStandIn['aws']): Promise<Credentials> {
  const name = ['--user-name', 'openevolve-prod-alice'];
  await aws('iam', 'create-user', ...name);
  const { AccessKey } = JSON.parse(await aws('iam', 'create-access-key', ...name)) as {
    AccessKey: { AccessKeyId: string; SecretAccessKey: string };
  };
  return {
    AWS_ACCESS_KEY_ID: AccessKey.AccessKeyId,
    AWS_SECRET_ACCESS_KEY: AccessKey.SecretAccessKey,
  };
}
