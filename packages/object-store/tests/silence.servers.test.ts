import {
  type FaultProxy,
  type Server,
  startFaultProxy,
  startVersitygw,
} from '@openevolve-aws/test-servers';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { S3Store } from '../src/s3-store/s3-store.ts';
import { collect } from '../src/testing/collect.ts';
import { configOf, makeBucket } from './s3-fixture.ts';

let server: Server;
let proxy: FaultProxy;

beforeAll(async () => {
  server = await startVersitygw();
  proxy = await startFaultProxy(server);
}, 60_000);
afterAll(async () => {
  await proxy?.stop();
  await server?.stop();
});

it('ends every call on a connection that falls silent, also a stream, which has no deadline', async () => {
  const { bucket } = await makeBucket(server);
  const store = new S3Store(bucket, configOf(proxy));
  const body = Buffer.alloc(100_000);
  await store.put('a', body);
  proxy.plan = () => ({ refuse: 'hang' });
  const begun = performance.now();
  const results = await Promise.allSettled([
    store.get('a'),
    collect(store.getStream('a')),
    collect(store.list('')),
    store.putStream('b', {
      bytes: body.length,
      open: async function* () {
        yield body;
      },
    }),
  ]);
  for (const result of results) {
    expect(result).toMatchObject({
      status: 'rejected',
      reason: { code: 'UNAVAILABLE', permanent: false },
    });
  }
  expect(performance.now() - begun).toBeLessThan(25_000);
}, 40_000);
