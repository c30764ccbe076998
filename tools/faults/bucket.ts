import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import type { Server } from '@openevolve-aws/test-servers';

/** Makes a bucket, which the store has no call for, and gives its name. */
export async function makeBucket({ url, environment }: Server, name: string): Promise<string> {
  const client = new S3Client({
    endpoint: url,
    region: environment.AWS_REGION ?? '',
    forcePathStyle: true,
    credentials: {
      accessKeyId: environment.AWS_ACCESS_KEY_ID ?? '',
      secretAccessKey: environment.AWS_SECRET_ACCESS_KEY ?? '',
    },
  });
  await client.send(new CreateBucketCommand({ Bucket: name }));
  client.destroy();
  return name;
}
