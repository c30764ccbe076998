import {
  CreateBucketCommand,
  DeleteObjectCommand,
  ListBucketsCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { type Server, startMinistack, startMoto } from '@openevolve-aws/test-servers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bucketNames, measureBucket, removeBucket } from '../src/s3-store/bucket-removal.ts';
import { makeBucket, type S3Fixture } from './s3-fixture.ts';

/** More than one page of a thousand. */
const OBJECTS = 1_050;

async function fill({ client, bucket }: S3Fixture): Promise<void> {
  await client.send(
    new PutBucketVersioningCommand({
      Bucket: bucket,
      VersioningConfiguration: { Status: 'Enabled' },
    }),
  );
  const keys = Array.from({ length: OBJECTS }, (_, index) => `users/alice/${index}`);
  for (let at = 0; at < keys.length; at += 50) {
    await Promise.all(keys.slice(at, at + 50).map((key) => put(client, bucket, key)));
  }
  // An old version, and one under a mark of deletion.
  await put(client, bucket, 'users/alice/0');
  await client.send(new DeleteObjectCommand({ Bucket: bucket, Key: 'users/alice/1' }));
}

const put = (client: S3Client, Bucket: string, Key: string) =>
  client.send(new PutObjectCommand({ Bucket, Key, Body: 'twelve bytes' }));

describe.each<[string, () => Promise<Server>]>([
  ['moto', startMoto],
  ['ministack', startMinistack],
])('on %s', (_, start) => {
  let server: Server;
  let full: S3Fixture;
  beforeAll(async () => {
    server = await start();
    full = await makeBucket(server);
    await fill(full);
  }, 60_000);
  afterAll(() => server?.stop());

  it('counts old versions and marks of deletion, up to a limit', async () => {
    expect(await measureBucket(full.bucket, full.config, { limit: 10_000 })).toEqual({
      versions: OBJECTS + 2,
      bytes: 12 * (OBJECTS + 1),
      hasMore: false,
    });
    expect(await measureBucket(full.bucket, full.config, { limit: 1 })).toMatchObject({
      hasMore: true,
    });
  });

  it('deletes a bucket with all versions, and no other one', async () => {
    const deleted: number[] = [];
    await removeBucket(full.bucket, full.config, { report: (count) => deleted.push(count) });
    expect(deleted).toEqual([1_000, OBJECTS + 2]);
    await expect(removeBucket(full.bucket, full.config)).rejects.toMatchObject({
      code: 'NO_BUCKET',
    });
  });

  it('finds buckets by how their names begin', async () => {
    for (const Bucket of ['openevolve-lab-inputs-x', 'openevolve-labs-inputs-x']) {
      await full.client.send(new CreateBucketCommand({ Bucket }));
    }
    expect(await bucketNames('openevolve-lab-', full.config)).toEqual(['openevolve-lab-inputs-x']);
    const { Buckets = [] } = await full.client.send(new ListBucketsCommand({}));
    expect(Buckets.length).toBeGreaterThan(1);
  });
});
