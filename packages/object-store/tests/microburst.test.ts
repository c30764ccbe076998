import { type Server, startMicroburst, startMoto } from '@openevolve-aws/test-servers';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ObjectStore } from '../src/object-store.ts';
import { retrying } from '../src/retrying.ts';
import { S3Store } from '../src/s3-store/s3-store.ts';
import { configOf, makeBucket } from './s3-fixture.ts';

const body = Buffer.alloc(100_000, 'x');

let moto: Server;
let microburst: Server;
let store: S3Store;
let patient: ObjectStore;

beforeAll(async () => {
  moto = await startMoto();
  microburst = await startMicroburst(moto);
  const { bucket } = await makeBucket(moto);
  store = new S3Store(bucket, configOf(microburst));
  patient = retrying(store, { baseDelayMs: 1, maxDelayMs: 5 });
  // The first request makes it load AWS's models, which takes seconds.
  await store.put('a', body);
}, 60_000);
afterAll(async () => {
  await microburst?.stop();
  await moto?.stop();
});

async function rules(rule: object): Promise<void> {
  await fetch(`${microburst.url}/_microburst/fired`, { method: 'DELETE' });
  const set = await fetch(`${microburst.url}/_microburst/rules`, {
    method: 'POST',
    body: JSON.stringify([{ service: 's3', ...rule }]),
  });
  expect(set.ok, await set.text()).toBe(true);
}

async function fired(): Promise<number> {
  const answer = await fetch(`${microburst.url}/_microburst/fired`);
  return ((await answer.json()) as unknown[]).length;
}

/** Faults in AWS's own form, by a tool that knows its models. */
it.each<[string, object, (on: ObjectStore) => Promise<unknown>]>([
  ['503 SlowDown', { error: { code: 'SlowDown' } }, (on) => on.putIfAbsent('b', body)],
  ['500 InternalError', { error: { code: 'InternalError' } }, (on) => on.put('c', body)],
  [
    '409 ConditionalRequestConflict',
    { error: { code: 'ConditionalRequestConflict', status: 409 } },
    (on) => on.putIfAbsent('d', body),
  ],
  ['a reset', { reset: true }, (on) => on.get('a')],
  [
    'an upload that is cut off',
    { request: { cut_upload: { after_bytes: 1_024 } } },
    (on) => on.put('e', body),
  ],
  ['a body that is cut off', { response: { abort_frac: 0.3 } }, (on) => on.get('a')],
  [
    'a body that is cut short',
    { response: { truncate_frac: 0.5 } },
    (on) => on.getRange('a', { offset: 0, length: 90_000 }),
  ],
])('heals %s by repeating', async (_, fault, call) => {
  await rules({ ...fault, times: 2 });
  await expect(call(store)).rejects.toMatchObject({ code: 'UNAVAILABLE', permanent: false });
  await call(patient);
  expect(await fired()).toBe(2);
});

it('never gives a body that was changed on its way', async () => {
  await rules({ operation: 'GetObject', response: { corrupt_bytes: 3 }, times: 1 });
  await expect(store.get('a')).rejects.toMatchObject({
    code: 'UNAVAILABLE',
    message: expect.stringContaining('Checksum mismatch'),
  });
  expect(await store.get('a')).toEqual(new Uint8Array(body));
});

it('waits for an answer that is late', async () => {
  await rules({ latency: 400, times: 1 });
  const begun = performance.now();
  expect(await store.size('a')).toBe(body.length);
  expect(performance.now() - begun).toBeGreaterThan(390);
});

it.each([
  ['ExpiredToken', 'CREDENTIALS'],
  ['AccessDenied', 'ACCESS_DENIED'],
  ['RequestTimeTooSkewed', 'CLOCK_SKEW'],
  ['NoSuchBucket', 'NO_BUCKET'],
])('ends at once on %s, with %s', async (name, code) => {
  await rules({ error: { code: name } });
  await expect(patient.put('f', body)).rejects.toMatchObject({ code, permanent: true });
  expect(await fired()).toBe(1);
});
