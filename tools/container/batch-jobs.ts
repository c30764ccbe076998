import { randomBytes } from 'node:crypto';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { type Server, startVersitygw } from '@openevolve-aws/test-servers';
import { type Container, type ContainerOptions, startContainer } from './container.ts';
import { type BatchMachine, startBatchMachine } from './machine.ts';
import type { StoredJob } from './stored-job.ts';

/** A Batch machine with a bucket in a real S3 server. */
export interface BatchJobs {
  readonly machine: BatchMachine;
  readonly bucket: string;
  /** The provider's key, as Secrets Manager gives it to containers. */
  readonly key: string;
  readonly s3: Server;
  /** Starts one attempt of a job. */
  start(job: StoredJob, options: Omit<ContainerOptions, 'environment'> & Variables): Container;
  stop(): Promise<void>;
}

interface Variables {
  readonly environment?: Readonly<Record<string, string>>;
}

/** Starts it all; this process gets the credentials to the bucket, as a user has them. */
export async function startBatchJobs(): Promise<BatchJobs> {
  const s3 = await startVersitygw();
  Object.assign(process.env, s3.environment);
  const bucket = 'jobs';
  const client = new S3Client({ forcePathStyle: true });
  await client.send(new CreateBucketCommand({ Bucket: bucket }));
  client.destroy();
  const machine = await startBatchMachine({
    accessKeyId: s3.environment.AWS_ACCESS_KEY_ID ?? '',
    secretAccessKey: s3.environment.AWS_SECRET_ACCESS_KEY ?? '',
  });
  const key = `CANARY-key-${randomBytes(8).toString('hex')}`;
  return {
    machine,
    bucket,
    key,
    s3,
    start: (job, { environment, ...options }) =>
      startContainer({
        ...options,
        environment: {
          ...machine.environment,
          ...job.environment,
          AWS_ENDPOINT_URL: s3.url,
          AWS_REGION: 'us-east-1',
          GEMINI_API_KEY: key,
          AWS_BATCH_JOB_ID: `batch-${job.id}`,
          ...environment,
        },
      }),
    async stop() {
      await machine.stop();
      await s3.stop();
    },
  };
}
