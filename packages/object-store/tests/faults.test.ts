import { ListMultipartUploadsCommand } from '@aws-sdk/client-s3';
import type { FaultProxy, ProxyFault, Server } from '@openevolve-aws/test-servers';
import { startFaultProxy, startMinistack } from '@openevolve-aws/test-servers';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ObjectStore } from '../src/object-store.ts';
import { retrying } from '../src/retrying.ts';
import { S3Store } from '../src/s3-store/s3-store.ts';
import { collect } from '../src/testing/collect.ts';
import { configOf, makeBucket, type S3Fixture } from './s3-fixture.ts';

const MIB = 1024 * 1024;
/** Bodies of 65 MiB take their time on a busy machine. */
const SLOW = { timeout: 60_000 };
const body = Buffer.alloc(1_000, 'x');
const passing = { code: 'UNAVAILABLE', permanent: false };

let server: Server;
let proxy: FaultProxy;
let fixture: S3Fixture;
let store: S3Store;
let patient: ObjectStore;

beforeAll(async () => {
  server = await startMinistack();
  proxy = await startFaultProxy(server);
}, 60_000);
afterAll(async () => {
  await proxy?.stop();
  await server?.stop();
});
beforeEach(async () => {
  proxy.plan = () => null;
  fixture = await makeBucket(server);
  store = new S3Store(fixture.bucket, configOf(proxy));
  patient = retrying(store, { baseDelayMs: 0.1, maxDelayMs: 1, tryMs: 2_000 });
  await store.put('a', body);
});

/** The next requests have the fault. */
function next(count: number, fault: ProxyFault): void {
  let left = count;
  proxy.plan = () => (left-- > 0 ? fault : null);
}

function refusal(status: number, code: string, detail = ''): ProxyFault {
  return { refuse: { status, code, detail } };
}

describe('what passes', () => {
  it.each<[string, ProxyFault]>([
    ['503 SlowDown', refusal(503, 'SlowDown')],
    ['500 InternalError', refusal(500, 'InternalError')],
    ['429', refusal(429, 'TooManyRequests')],
    ['400 RequestTimeout', refusal(400, 'RequestTimeout')],
    ['409 ConditionalRequestConflict', refusal(409, 'ConditionalRequestConflict')],
    ['an error page of something in between', refusal(502, '<html>')],
    ['a connection that is reset', { refuse: 'reset' }],
  ])('is UNAVAILABLE, and succeeds when it is repeated: %s', async (_, fault) => {
    const calls: ((on: ObjectStore) => Promise<unknown>)[] = [
      (on) => on.get('a'),
      (on) => on.getRange('a', { offset: 10, length: 20 }),
      (on) => collect(on.getStream('a')),
      (on) => on.size('a'),
      (on) => collect(on.list('')),
      (on) => on.put('b', body),
      (on) => on.putIfAbsent(`c-${Math.random()}`, body),
      (on) =>
        on.putStream('d', {
          bytes: 1_000,
          open: async function* () {
            yield body;
          },
        }),
      (on) => on.putTags('a', { state: 'finished' }),
      (on) => on.getTags('a'),
      (on) => on.delete(['d']),
    ];
    for (const call of calls) {
      next(2, fault);
      await expect(call(store), String(call)).rejects.toMatchObject(passing);
      next(2, fault);
      await call(patient);
    }
  });

  it('is UNAVAILABLE when a body is cut off or too short, and never gives a part of it', async () => {
    for (const answer of [{ cut: 0.5 }, { shorten: 0.5 }, { shorten: 0 }]) {
      const reads: ((on: ObjectStore) => Promise<unknown>)[] = [
        (on) => on.get('a'),
        (on) => on.getRange('a', { offset: 0, length: 900 }),
        (on) => collect(on.getStream('a')),
        (on) => collect(on.list('')),
      ];
      for (const read of reads) {
        next(1, { answer });
        await expect(read(store), `${JSON.stringify(answer)} ${read}`).rejects.toMatchObject(
          passing,
        );
      }
      next(3, { answer });
      expect(await patient.get('a')).toEqual(new Uint8Array(body));
    }
  });

  it('is UNAVAILABLE, and no short list, when more follows and it is not said where', async () => {
    const page =
      '<ListBucketResult><IsTruncated>true</IsTruncated><Contents><Key>a</Key></Contents></ListBucketResult>';
    next(1, { refuse: { status: 200, code: '', document: page } });
    await expect(collect(store.list(''))).rejects.toMatchObject(passing);
    next(1, { refuse: { status: 200, code: '', document: page } });
    expect(await collect(patient.list(''))).toEqual([{ key: 'a', bytes: body.byteLength }]);
  });

  it('is UNAVAILABLE, and never NOT_FOUND, when a refusal is cut short or is not of S3', async () => {
    const answers: ProxyFault[] = [
      { answer: { shorten: 0 } },
      { answer: { shorten: 0.5 } },
      { answer: { shorten: 0.9 } },
      { refuse: { status: 404, code: '', document: '<html><body>Not Found</body></html>' } },
      { refuse: { status: 404, code: '', document: 'Not Found' } },
      { refuse: { status: 404, code: '', document: '' } },
    ];
    for (const answer of answers) {
      const what = JSON.stringify(answer);
      const range = { offset: 0, length: 1 };
      proxy.plan = () => answer;
      await expect(store.get('missing'), what).rejects.toMatchObject(passing);
      await expect(store.getRange('missing', range), what).rejects.toMatchObject(passing);
      await expect(store.size('missing'), what).rejects.toMatchObject(passing);
      await expect(store.putIfAbsent('a', body), what).rejects.toMatchObject(passing);
      await expect(store.getTags('missing'), what).rejects.toMatchObject(passing);
    }
  });

  it('is repeated when no answer comes', async () => {
    next(1, { refuse: 'hang' });
    const impatient = retrying(store, { tryMs: 200 });
    expect(await impatient.get('a')).toEqual(new Uint8Array(body));
  });

  it('waits for what is only slow', async () => {
    next(1, { delayMs: 300 });
    expect(await patient.get('a')).toEqual(new Uint8Array(body));
    expect(proxy.requests.at(-1)?.method).toBe('GET');
  });
});

describe('a conditional write', () => {
  it('that was applied with its reply lost is found by its repetition, with the own body', async () => {
    next(1, { answer: 'lost' });
    await expect(store.putIfAbsent('log/1', body)).rejects.toMatchObject(passing);
    next(2, { answer: 'lost' });
    await expect(patient.putIfAbsent('log/2', body)).rejects.toMatchObject({
      code: 'ALREADY_EXISTS',
    });
    expect(await store.get('log/2')).toEqual(new Uint8Array(body));
  });

  it('that arrives after it was given up still counts once', async () => {
    next(1, { answer: 'lost-before', delayMs: 200 });
    await expect(store.putIfAbsent('log/1', Buffer.from('late'))).rejects.toMatchObject(passing);
    await store.putIfAbsent('log/1', Buffer.from('first'));
    await new Promise((resolve) => setTimeout(resolve, 400));
    expect(Buffer.from(await store.get('log/1')).toString()).toBe('first');
  });

  it('that meets another one is repeated, and then says who was first', async () => {
    await store.putIfAbsent('log/1', body);
    next(1, refusal(409, 'ConditionalRequestConflict'));
    await expect(patient.putIfAbsent('log/1', body)).rejects.toMatchObject({
      code: 'ALREADY_EXISTS',
    });
  });
});

describe('what does not pass', () => {
  const inAnHour = new Date(Date.now() + 3_600_000).toISOString();
  it.each<[string, ProxyFault, string, RegExp]>([
    ['expired credentials', refusal(400, 'ExpiredToken'), 'CREDENTIALS', /Renew them/],
    ['an unknown access key', refusal(403, 'InvalidAccessKeyId'), 'CREDENTIALS', /Renew them/],
    ['a wrong secret', refusal(403, 'SignatureDoesNotMatch'), 'CREDENTIALS', /AWS_PROFILE/],
    ['no permission', refusal(403, 'AccessDenied'), 'ACCESS_DENIED', /policies/],
    [
      'a wrong clock',
      refusal(403, 'RequestTimeTooSkewed', `<ServerTime>${inAnHour}</ServerTime>`),
      'CLOCK_SKEW',
      /60 minutes behind/,
    ],
    ['a bucket that is not there', refusal(404, 'NoSuchBucket'), 'NO_BUCKET', /no bucket test-/],
    ['a wrong region', refusal(301, 'PermanentRedirect'), 'WRONG_REGION', /AWS_REGION/],
    [
      'a wrong region that is named',
      refusal(400, 'AuthorizationHeaderMalformed', '<Region>eu-west-1</Region>'),
      'WRONG_REGION',
      /AWS_REGION=eu-west-1/,
    ],
    ['a full server', refusal(507, 'XMinioStorageFull'), 'OUT_OF_SPACE', /Free some space/],
    ['what the server cannot do', refusal(501, 'NotImplemented'), 'REFUSED', /NotImplemented/],
    // A missing object would be taken for an empty log.
    ['a 404 that is not about an object', refusal(404, 'Whatever'), 'REFUSED', /Whatever/],
  ])('is permanent, and says what to do: %s', async (_, fault, code, message) => {
    const permanent = { code, permanent: true, message: expect.stringMatching(message) };
    proxy.plan = () => fault;
    const begun = proxy.requests.length;
    await expect(patient.get('a')).rejects.toMatchObject(permanent);
    await expect(patient.put('a', body)).rejects.toMatchObject(permanent);
    await expect(collect(patient.list(''))).rejects.toMatchObject(permanent);
    await expect(patient.delete(['a'])).rejects.toMatchObject(permanent);
    expect(proxy.requests.length - begun).toBeLessThanOrEqual(8);
    await expect(patient.size('a')).rejects.toMatchObject(permanent);
  });

  it('is permanent when there are no credentials, or no region', async () => {
    const { credentials: _, ...config } = configOf(proxy);
    const nobody = new S3Store(fixture.bucket, {
      ...config,
      credentials: async () => {
        throw Object.assign(new Error('Could not load credentials from any providers'), {
          name: 'CredentialsProviderError',
        });
      },
    });
    await expect(nobody.get('a')).rejects.toMatchObject({ code: 'CREDENTIALS' });
    const nowhere = new S3Store(fixture.bucket, {
      ...configOf(proxy),
      region: async () => {
        throw new Error('Region is missing');
      },
    });
    await expect(nowhere.get('a')).rejects.toMatchObject({
      code: 'WRONG_REGION',
      message: expect.stringContaining('AWS_REGION'),
    });
  });

  it('names the objects that a batch could not delete', async () => {
    const denied = '<Error><Key>a</Key><Code>AccessDenied</Code><Message>no</Message></Error>';
    const slow = '<Error><Key>b</Key><Code>SlowDown</Code><Message>no</Message></Error>';
    const result = (errors: string): ProxyFault => ({
      refuse: { status: 200, code: '', document: `<DeleteResult>${errors}</DeleteResult>` },
    });
    next(1, result(slow));
    await expect(store.delete(['a', 'b'])).rejects.toMatchObject(passing);
    next(1, result(slow + denied));
    await expect(store.delete(['a', 'b'])).rejects.toMatchObject({
      code: 'ACCESS_DENIED',
      message: expect.stringMatching(/2 objects.*\/a:/),
    });
  });
});

describe('an upload in parts', () => {
  const bytes = 65 * MIB;
  let opened: number;
  const large = {
    bytes,
    async *open() {
      opened += 1;
      for (let at = 0; at < bytes; at += MIB) yield Buffer.alloc(MIB, at / MIB);
    },
  };
  const isPart = ({ method, path }: { method: string; path: string }, number: number): boolean =>
    method === 'PUT' && path.includes(`partNumber=${number}&`);

  beforeEach(() => {
    opened = 0;
  });

  it('sends a part again when it fails, and reads its source once', SLOW, async () => {
    let failures = 2;
    proxy.plan = (request) =>
      isPart(request, 3) && failures-- > 0 ? refusal(503, 'SlowDown') : null;
    await store.putStream('large', large);
    expect(opened).toBe(1);
    expect(await store.getRange('large', { offset: 20 * MIB, length: 1 })).toEqual(
      Uint8Array.of(20),
    );
  });

  it(
    'is begun anew, from the beginning of its source, when a part fails for good',
    SLOW,
    async () => {
      const uploads = new Set<string>();
      proxy.plan = (request) => {
        if (!isPart(request, 3)) return null;
        uploads.add(new URLSearchParams(request.path.split('?')[1]).get('uploadId') ?? '');
        return uploads.size === 1 ? { refuse: 'reset' } : null;
      };
      await patient.putStream('large', large);
      expect(opened).toBe(2);
      expect(await store.size('large')).toBe(bytes);
      const { Uploads = [] } = await fixture.client.send(
        new ListMultipartUploadsCommand({ Bucket: fixture.bucket }),
      );
      expect(Uploads).toEqual([]);
    },
  );
});
