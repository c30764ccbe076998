import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { openStore } from './open-store.ts';
import { S3Store } from './s3-store/s3-store.ts';

it('opens a folder by its URI, also with spaces in its name', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'open store '));
  const store = await openStore(pathToFileURL(folder).href);
  await store.put('a', Uint8Array.of(1));
  expect(await (await openStore(pathToFileURL(folder).href)).get('a')).toEqual(Uint8Array.of(1));
  await rm(folder, { recursive: true });
});

it('names a bucket and a prefix by s3://', async () => {
  expect(await openStore('s3://my-bucket')).toBeInstanceOf(S3Store);
  const store = await openStore('s3://my-bucket/users/ana%20b/');
  await expect(store.get('../x')).rejects.toMatchObject({ code: 'INVALID_KEY' });
});

it.each([
  's3://',
  's3://No_Bucket/a',
  's3://ab',
  's3://bucket//a',
  's3://bucket/a?versionId=1',
  's3://me@bucket/a',
  's3://bucket:9000/a',
  's3://bucket/%E0%A4%A',
])('refuses %j', async (uri) => {
  await expect(openStore(uri)).rejects.toMatchObject({ code: 'INVALID_URI', permanent: true });
});

it.each(['ftp://host/a', '/var/lib/store', 'file://elsewhere/a', 'C:\\store', ''])(
  'refuses %j and says what it takes',
  async (uri) => {
    await expect(openStore(uri)).rejects.toMatchObject({
      code: 'INVALID_URI',
      permanent: true,
      message: expect.stringContaining('file://'),
    });
  },
);

it('loads the AWS SDK for a bucket only', async () => {
  const script = `
    import { registerHooks } from 'node:module';
    let loaded = 0;
    registerHooks({
      load(url, context, next) {
        if (url.includes('/@aws-sdk/')) loaded += 1;
        return next(url, context);
      },
    });
    const { openStore } = await import(${JSON.stringify(new URL('./index.ts', import.meta.url).href)});
    await openStore('file:///tmp');
    const before = loaded;
    await openStore('s3://my-bucket');
    console.log(JSON.stringify({ before, after: loaded > 0 }));`;
  const { stdout } = await promisify(execFile)('node', ['--input-type=module', '-e', script]);
  expect(JSON.parse(stdout)).toEqual({ before: 0, after: true });
});
