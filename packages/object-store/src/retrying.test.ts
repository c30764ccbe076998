import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { ObjectStoreError } from './errors.ts';
import { MemoryStore } from './memory-store.ts';
import type { ByteRange, CallOptions, ObjectStore } from './object-store.ts';
import { retrying } from './retrying.ts';
import { collect } from './testing/collect.ts';
import { objectStoreContract } from './testing/contract.ts';
import { FaultStore, randomFaults } from './testing/fault-store.ts';
import { seededRandom } from './testing/seeded-random.ts';

const fast = { baseDelayMs: 0.01, maxDelayMs: 0.1 };
const body = Uint8Array.of(1, 2, 3);

objectStoreContract('retrying over a healthy store', async () => retrying(new MemoryStore()));

const seed = Date.now() % 1_000_000;
objectStoreContract(`retrying over refusals, seed ${seed}`, async () => {
  const faults = randomFaults(seededRandom(seed), 0.3);
  const refusals = new FaultStore(new MemoryStore(), (call) => (faults(call) ? 'refuse' : null));
  return retrying(refusals, { ...fast, attempts: 100 });
});

/** Until it is cancelled. */
function neverAnswers(_key: string, options?: CallOptions): Promise<never> {
  return new Promise((_, reject) => {
    options?.signal?.addEventListener('abort', () =>
      reject(new ObjectStoreError('ABORTED', 'aborted')),
    );
  });
}

/** The first `count` calls end with a fault. */
function failing(count: number, fault: 'refuse' | 'lose-reply' = 'refuse'): FaultStore {
  return new FaultStore(new MemoryStore(), ({ index }) => (index < count ? fault : null));
}

describe('retrying', () => {
  it('repeats until it succeeds', async () => {
    const store = failing(3);
    await retrying(store, fast).put('a', body);
    expect(store.calls).toHaveLength(4);
  });

  it('gives up after the bound with the last error', async () => {
    const store = failing(99);
    const error = await retrying(store, { ...fast, attempts: 3 })
      .put('a', body)
      .catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: 'UNAVAILABLE', permanent: false });
    expect(String(error)).toContain('call 2');
    expect(store.calls).toHaveLength(3);
  });

  it('waits up to twice as long each time, and as long as chance has it', async () => {
    const began = performance.now();
    const most = { baseDelayMs: 8, maxDelayMs: 32, random: () => 1 };
    await retrying(failing(4), most).put('a', body);
    // Timers may fire a fraction early.
    expect(performance.now() - began).toBeGreaterThan(8 + 16 + 32 + 32 - 8);
    const least = { baseDelayMs: 600_000, maxDelayMs: 600_000, random: () => 0 };
    await retrying(failing(4), least).put('a', body);
  });

  it('does not repeat what is permanent', async () => {
    const store = failing(0);
    await expect(retrying(store, fast).get('missing')).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect(store.calls).toHaveLength(1);
  });

  it('does not start a wait that would end after the deadline', async () => {
    const store = failing(99);
    const options = { baseDelayMs: 60_000, maxDelayMs: 60_000, random: () => 1, deadlineMs: 1_000 };
    await expect(retrying(store, options).put('a', body)).rejects.toMatchObject({
      code: 'UNAVAILABLE',
    });
    expect(store.calls).toHaveLength(1);
  });

  it('turns a call that never answers into UNAVAILABLE at the deadline', async () => {
    const silent: ObjectStore = Object.assign(new MemoryStore(), { get: neverAnswers });
    await expect(retrying(silent, { deadlineMs: 20 }).get('a')).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      permanent: false,
    });
  });

  it('cuts off a try that never answers, and goes on with the next one', async () => {
    const memory = new MemoryStore();
    await memory.put('a', body);
    let tries = 0;
    const slow: ObjectStore = Object.assign(new MemoryStore(), {
      get: (key: string, options: { signal: AbortSignal }) =>
        ++tries < 3 ? neverAnswers(key, options) : memory.get(key),
    });
    expect(await retrying(slow, { ...fast, tryMs: 10 }).get('a')).toEqual(body);
    expect(tries).toBe(3);
  });

  it('gives a body the time that a slow line takes for it, and no more', async () => {
    const options = { ...fast, attempts: 2, tryMs: 20, deadlineMs: 40 };
    const calls = (bytes: number, store: ObjectStore) => {
      const content = new Uint8Array(bytes);
      return [
        () => store.put('b', content),
        () => store.putIfAbsent('c', content),
        () => store.getRange('a', { offset: 0, length: bytes }),
      ];
    };
    const memory = new MemoryStore();
    await memory.put('a', new Uint8Array(2_000));
    const slow = new FaultStore(memory, () => delay(100));
    for (const call of calls(2_000, retrying(slow, options))) await call();

    const silent: ObjectStore = Object.assign(new MemoryStore(), {
      put: (key: string, _body: Uint8Array, o?: CallOptions) => neverAnswers(key, o),
      putIfAbsent: (key: string, _body: Uint8Array, o?: CallOptions) => neverAnswers(key, o),
      getRange: (key: string, _range: ByteRange, o?: CallOptions) => neverAnswers(key, o),
    });
    for (const call of calls(3, retrying(silent, options))) {
      await expect(call()).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    }
  });

  it('lets a stream take longer than a try and the deadline, and repeats it from its beginning', async () => {
    const store = failing(2, 'lose-reply');
    let opened = 0;
    const slow = {
      bytes: 3,
      async *open() {
        opened += 1;
        await delay(40);
        yield body;
      },
    };
    await retrying(store, { ...fast, tryMs: 10, deadlineMs: 10 }).putStream('a', slow);
    expect(opened).toBe(3);
    expect(await store.get('a')).toEqual(body);
  });

  it('bounds the tries of a stream', async () => {
    const store = failing(99);
    const stream = { bytes: 0, async *open() {} };
    const put = retrying(store, { ...fast, attempts: 2 }).putStream('a', stream);
    await expect(put).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    expect(store.calls).toHaveLength(2);
  });

  it('cuts off a list and a stream that fall silent, and takes no time that its caller takes', async () => {
    const memory = new MemoryStore();
    for (const key of ['a', 'b', 'c']) await memory.put(key, body);
    let lists = 0;
    const silent: ObjectStore = Object.assign(new MemoryStore(), {
      async *list(...[prefix, options]: Parameters<ObjectStore['list']>) {
        lists += 1;
        for await (const object of memory.list(prefix, options)) {
          if (object.key === 'b' && lists === 1) await neverAnswers('b', options);
          yield object;
        }
      },
      async *getStream(key: string, options: { signal: AbortSignal }) {
        yield body;
        await neverAnswers(key, options);
      },
    });
    const store = retrying(silent, { ...fast, tryMs: 20 });
    const keys: string[] = [];
    for await (const { key } of store.list('')) {
      await delay(30);
      keys.push(key);
    }
    expect(keys).toEqual(['a', 'b', 'c']);
    await expect(collect(store.getStream('a'))).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  });

  it('stops waiting when its caller cancels', async () => {
    const controller = new AbortController();
    const store = new FaultStore(new MemoryStore(), () => {
      queueMicrotask(() => controller.abort());
      return 'refuse';
    });
    const options = { baseDelayMs: 60_000, maxDelayMs: 60_000, random: () => 0.9 };
    const put = retrying(store, { ...options, deadlineMs: 600_000 }).put('a', body, controller);
    await expect(put).rejects.toMatchObject({ code: 'ABORTED' });
  });

  it('ends a conditional write whose reply was lost with ALREADY_EXISTS and the own body in place', async () => {
    const store = retrying(failing(1, 'lose-reply'), fast);
    await expect(store.putIfAbsent('a', body)).rejects.toMatchObject({ code: 'ALREADY_EXISTS' });
    expect(await store.get('a')).toEqual(body);
  });

  it('goes on with a list after the last key that it gave', async () => {
    const memory = new MemoryStore();
    for (const key of ['a', 'b', 'c', 'd']) await memory.put(key, body);
    let broken = 0;
    const flaky: ObjectStore = Object.assign(new MemoryStore(), {
      async *list(...args: Parameters<ObjectStore['list']>) {
        let given = 0;
        for await (const object of memory.list(...args)) {
          if (given++ === 2) {
            broken += 1;
            throw new ObjectStoreError('UNAVAILABLE', 'cut off');
          }
          yield object;
        }
      },
    });
    const keys: string[] = [];
    for await (const { key } of retrying(flaky, fast).list('')) keys.push(key);
    expect(keys).toEqual(['a', 'b', 'c', 'd']);
    expect(broken).toBe(1);
  });
});
