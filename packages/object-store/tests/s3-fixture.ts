import { randomUUID } from 'node:crypto';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import type { Server } from '@openevolve-aws/test-servers';
import { S3Store } from '../src/s3-store/s3-store.ts';

/** A bucket of its own on a server, and ways to it. */
export interface S3Fixture {
  readonly bucket: string;
  readonly config: ReturnType<typeof configOf>;
  /** For what the store has no call for. */
  readonly client: S3Client;
  readonly store: S3Store;
}

export function configOf({ url, environment }: Pick<Server, 'url' | 'environment'>) {
  return {
    endpoint: url,
    region: 'us-east-1',
    credentials: {
      accessKeyId: environment.AWS_ACCESS_KEY_ID ?? '',
      secretAccessKey: environment.AWS_SECRET_ACCESS_KEY ?? '',
    },
  };
}

export async function makeBucket(server: Server): Promise<S3Fixture> {
  const config = configOf(server);
  const client = new S3Client(config);
  const bucket = `test-${randomUUID()}`;
  await client.send(new CreateBucketCommand({ Bucket: bucket }));
  return { bucket, config, client, store: new S3Store(bucket, config) };
}
