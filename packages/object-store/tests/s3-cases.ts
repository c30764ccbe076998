import { createHash } from 'node:crypto';
import {
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { expect, vi } from 'vitest';
import type { StreamBody } from '../src/body.ts';
import { S3Store } from '../src/s3-store/s3-store.ts';
import { collect } from '../src/testing/collect.ts';
import type { S3Fixture } from './s3-fixture.ts';

const MIB = 1024 * 1024;
const body = Buffer.from('hello');
const refused = {
  code: 'CREDENTIALS',
  permanent: true,
  message: expect.stringContaining('AWS_PROFILE'),
};

/** Pieces that differ, so that parts in a wrong order are seen. */
function large(bytes: number, onPiece: (at: number) => void = () => undefined): StreamBody {
  return {
    bytes,
    async *open() {
      for (let at = 0; at < bytes; at += MIB) {
        onPiece(at);
        yield Buffer.alloc(Math.min(MIB, bytes - at), at / MIB);
      }
    },
  };
}

async function sha256(pieces: AsyncIterable<Uint8Array>): Promise<string> {
  const hash = createHash('sha256');
  for await (const piece of pieces) hash.update(piece);
  return hash.digest('hex');
}

async function openUploads({ client, bucket }: S3Fixture): Promise<number> {
  const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket: bucket }));
  return Uploads.length;
}

/** What S3 does beyond the contract of a store, and what of it the store relies on. */
export const s3Cases: Readonly<Record<string, (fixture: S3Fixture) => Promise<void>>> = {
  'keeps an object beside those whose keys begin with its own and a slash': async ({ store }) => {
    await store.put('a/b', body);
    await store.put('a', body);
    expect((await collect(store.list(''))).map(({ key }) => key)).toEqual(['a', 'a/b']);
  },

  'names the bucket that does not exist, in every call': async ({ config }) => {
    const store = new S3Store('not-a-bucket', config);
    const missing = {
      code: 'NO_BUCKET',
      permanent: true,
      message: expect.stringContaining('not-a-bucket'),
    };
    await expect(store.get('a')).rejects.toMatchObject(missing);
    await expect(store.size('a')).rejects.toMatchObject(missing);
    await expect(store.put('a', body)).rejects.toMatchObject(missing);
    await expect(store.putIfAbsent('a', body)).rejects.toMatchObject(missing);
    await expect(store.putStream('a', large(5))).rejects.toMatchObject(missing);
    await expect(collect(store.list(''))).rejects.toMatchObject(missing);
    await expect(store.delete(['a'])).rejects.toMatchObject(missing);
    await expect(store.getTags('a')).rejects.toMatchObject(missing);
  },

  'names the region of a bucket that lies in another one': async ({ config, bucket }) => {
    const store = new S3Store(bucket, { ...config, region: 'eu-west-1' });
    const elsewhere = {
      code: 'WRONG_REGION',
      permanent: true,
      message: expect.stringContaining('AWS_REGION=us-east-1'),
    };
    await expect(store.get('a')).rejects.toMatchObject(elsewhere);
    await expect(store.size('a')).rejects.toMatchObject(elsewhere);
    await expect(store.put('a', body)).rejects.toMatchObject(elsewhere);
    await expect(collect(store.list(''))).rejects.toMatchObject(elsewhere);
  },

  'refuses an unknown access key, in every call': async ({ config, bucket }) => {
    const credentials = { accessKeyId: 'nobody', secretAccessKey: 'unknown' };
    const store = new S3Store(bucket, { ...config, credentials });
    await expect(store.get('a')).rejects.toMatchObject(refused);
    await expect(store.size('a')).rejects.toMatchObject(refused);
    await expect(store.put('a', body)).rejects.toMatchObject(refused);
    await expect(collect(store.list(''))).rejects.toMatchObject(refused);
  },

  'refuses a wrong secret': async ({ config, bucket }) => {
    const credentials = { ...config.credentials, secretAccessKey: 'wrong' };
    const store = new S3Store(bucket, { ...config, credentials });
    await expect(store.get('a')).rejects.toMatchObject(refused);
    await expect(store.size('a')).rejects.toMatchObject(refused);
  },

  'refuses a request that was signed by a wrong clock': async ({ config, bucket }) => {
    const client = new S3Client({
      ...config,
      maxAttempts: 1,
      disableClockSkewCorrection: true,
      systemClockOffset: 0,
    });
    client.middlewareStack.add(
      (next) => (args) => {
        const request = args.request as { headers: Record<string, string> };
        request.headers['x-amz-date'] = '20200101T000000Z';
        return next(args);
      },
      { step: 'finalizeRequest', priority: 'low' },
    );
    await expect(
      client.send(new PutObjectCommand({ Bucket: bucket, Key: 'a', Body: body })),
    ).rejects.toMatchObject({ name: 'RequestTimeTooSkewed' });
  },

  'goes on by the time of the server when its own clock is wrong': async ({ config, bucket }) => {
    const store = new S3Store(bucket, config);
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 3_600_000 });
    try {
      await store.put('a', body);
      expect(await store.size('a')).toBe(5);
    } finally {
      vi.useRealTimers();
    }
  },

  'stores a CRC32 with each object': async ({ store, client, bucket }) => {
    await store.put('put', body);
    await store.putIfAbsent('if-absent', body);
    await store.putStream('stream', {
      bytes: 5,
      open: async function* () {
        yield body;
      },
    });
    for (const Key of ['put', 'if-absent', 'stream']) {
      const head = await client.send(
        new HeadObjectCommand({ Bucket: bucket, Key, ChecksumMode: 'ENABLED' }),
      );
      expect(head.ChecksumCRC32, Key).toBe('NhCmhg==');
    }
  },

  'refuses a body that is not what its checksum says': async ({ client, bucket }) => {
    const put = new PutObjectCommand({
      Bucket: bucket,
      Key: 'a',
      Body: body,
      ChecksumCRC32: 'AAAAAA==',
    });
    await expect(client.send(put)).rejects.toMatchObject({ $fault: 'client' });
  },

  'streams more than 64 MiB in parts, in the right order': async (fixture) => {
    const { store, client, bucket } = fixture;
    const source = large(65 * MIB + 7);
    await store.putStream('large', source);
    expect(await store.size('large')).toBe(source.bytes);
    expect(await sha256(store.getStream('large'))).toBe(await sha256(source.open()));
    const head = await client.send(new HeadObjectCommand({ Bucket: bucket, Key: 'large' }));
    expect(head.ETag).toMatch(/-14"$/);
    expect(await openUploads(fixture)).toBe(0);
  },

  'leaves nothing of an upload in parts that is cancelled, or whose source fails': async (
    fixture,
  ) => {
    const controller = new AbortController();
    const cancelling = large(65 * MIB, (at) => {
      if (at === 40 * MIB) controller.abort();
    });
    await expect(fixture.store.putStream('large', cancelling, controller)).rejects.toMatchObject({
      code: 'ABORTED',
    });
    const breaking = large(65 * MIB, (at) => {
      if (at === 40 * MIB) throw new Error('the source broke');
    });
    await expect(fixture.store.putStream('large', breaking)).rejects.toThrow('the source broke');
    expect(await openUploads(fixture)).toBe(0);
    await expect(fixture.store.size('large')).rejects.toMatchObject({ code: 'NOT_FOUND' });
  },

  'lists no object whose key could be none of ours': async ({ store, client, bucket }) => {
    await client.send(new PutObjectCommand({ Bucket: bucket, Key: 'folder/' }));
    await store.put('folder/a', body);
    expect(await collect(store.list('folder/'))).toEqual([{ key: 'folder/a', bytes: 5 }]);
  },
};
