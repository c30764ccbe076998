import { describe, expect, it } from 'vitest';
import type { ListOptions, ObjectStore } from '../object-store.ts';
import { collect } from './collect.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const text = (body: Uint8Array): string => new TextDecoder().decode(body);

async function keys(store: ObjectStore, prefix = '', options?: ListOptions): Promise<string[]> {
  return (await collect(store.list(prefix, options))).map(({ key }) => key);
}

function body(chunks: readonly string[], declared?: number) {
  const parts = chunks.map(bytes);
  return {
    bytes: declared ?? parts.reduce((sum, part) => sum + part.byteLength, 0),
    async *open() {
      yield* parts;
    },
  };
}

/**
 * The behaviour that every store has, as a vitest suite.
 *
 * @param makeStore gives a fresh, empty store for each test.
 * @example
 * objectStoreContract('MemoryStore', async () => new MemoryStore());
 */
export function objectStoreContract(name: string, makeStore: () => Promise<ObjectStore>): void {
  describe(`${name}: the contract of a store`, () => {
    it('gives back what was put, also nothing at all and every byte', async () => {
      const store = await makeStore();
      const every = Uint8Array.from({ length: 256 }, (_, index) => index);
      await store.put('a/every', every);
      await store.put('a/empty', new Uint8Array());
      expect(await store.get('a/every')).toEqual(every);
      expect(await store.get('a/empty')).toEqual(new Uint8Array());
      expect(await store.size('a/every')).toBe(256);
    });

    it('replaces an object, also by a shorter one', async () => {
      const store = await makeStore();
      await store.put('a', bytes('a long body'));
      await store.put('a', bytes('short'));
      expect(text(await store.get('a'))).toBe('short');
    });

    it('keeps its own copy of a body', async () => {
      const store = await makeStore();
      const mine = bytes('mine');
      await store.put('a', mine);
      mine.fill(0);
      (await store.get('a')).fill(0);
      expect(text(await store.get('a'))).toBe('mine');
    });

    it('says NOT_FOUND for a missing object, and that it is permanent', async () => {
      const store = await makeStore();
      await store.put('a/b', bytes('x'));
      const missing = { code: 'NOT_FOUND', permanent: true };
      for (const key of ['b', 'a/c', 'a', 'a/b/c']) {
        await expect(store.get(key), key).rejects.toMatchObject(missing);
        await expect(store.size(key), key).rejects.toMatchObject(missing);
      }
      await expect(store.getRange('b', { offset: 0, length: 1 })).rejects.toMatchObject(missing);
      await expect(collect(store.getStream('b'))).rejects.toMatchObject(missing);
    });

    it('reads ranges, and refuses one that leaves the object', async () => {
      const store = await makeStore();
      await store.put('a', bytes('0123456789'));
      const read = async (offset: number, length: number) =>
        text(await store.getRange('a', { offset, length }));
      expect(await read(0, 10)).toBe('0123456789');
      expect(await read(3, 4)).toBe('3456');
      expect(await read(9, 1)).toBe('9');
      for (const [offset, length] of [
        [9, 2],
        [20, 1],
        [-1, 2],
        [0, -1],
        [0.5, 1],
      ] as const) {
        await expect(read(offset, length)).rejects.toMatchObject({ code: 'INVALID_RANGE' });
      }
    });

    it('streams a body up and down', async () => {
      const store = await makeStore();
      const chunks = Array.from({ length: 50 }, (_, index) => `${index}`.repeat(20_000));
      await store.putStream('big/one', body(chunks));
      const down = Buffer.concat(await collect(store.getStream('big/one')));
      expect(text(down) === chunks.join('')).toBe(true);
    });

    it('stores nothing of a stream that is shorter or longer than declared, or that fails', async () => {
      const store = await makeStore();
      await store.put('a', bytes('old'));
      for (const declared of [2, 4]) {
        await expect(store.putStream('a', body(['new'], declared))).rejects.toMatchObject({
          code: 'INVALID_BODY',
        });
      }
      const failing = {
        bytes: 3,
        async *open() {
          yield bytes('ne');
          throw new Error('the source broke');
        },
      };
      await expect(store.putStream('a', failing)).rejects.toThrow('the source broke');
      expect(text(await store.get('a'))).toBe('old');
      expect(await keys(store)).toEqual(['a']);
    });

    it('lets exactly one of many writers create a key, and its body is the one that stays', async () => {
      const store = await makeStore();
      const tries = await Promise.allSettled(
        Array.from({ length: 20 }, (_, index) => store.putIfAbsent('log/1', bytes(`${index}`))),
      );
      const winners = tries.flatMap((result, index) =>
        result.status === 'fulfilled' ? [index] : [],
      );
      expect(winners).toHaveLength(1);
      expect(text(await store.get('log/1'))).toBe(`${winners[0]}`);
      for (const result of tries) {
        if (result.status === 'rejected') {
          expect(result.reason).toMatchObject({ code: 'ALREADY_EXISTS', permanent: true });
        }
      }
    });

    it('lets a key be created again after it was deleted', async () => {
      const store = await makeStore();
      await store.putIfAbsent('a', bytes('1'));
      await store.delete(['a']);
      await store.putIfAbsent('a', bytes('2'));
      expect(text(await store.get('a'))).toBe('2');
    });

    it('lists in the order of UTF-8 bytes, with sizes, by any prefix and after any key', async () => {
      const store = await makeStore();
      const all = [
        'a',
        'a.d/x',
        'a0',
        'ab/c/d',
        'ab/c.d',
        'b/1',
        'b/10',
        'b/2',
        'b0',
        '\uffee',
        '😀',
      ];
      const sorted = all.toSorted((l, r) => Buffer.compare(Buffer.from(l), Buffer.from(r)));
      expect(sorted).not.toEqual(all.toSorted());
      for (const key of all) await store.put(key, bytes(key));
      expect(await keys(store)).toEqual(sorted);
      for (const prefix of ['a', 'ab/', 'ab/c', 'b/', 'b/1', 'z', 'b/1/', '../', 'a//']) {
        const expected = sorted.filter((key) => key.startsWith(prefix));
        expect(await keys(store, prefix), prefix).toEqual(expected);
      }
      for (const startAfter of [...all, 'b/', 'b/11', 'ab/c', 'zzz']) {
        const expected = sorted.filter(
          (key) => Buffer.compare(Buffer.from(key), Buffer.from(startAfter)) > 0,
        );
        expect(await keys(store, '', { startAfter }), startAfter).toEqual(expected);
      }
      expect(await keys(store, 'b/', { startAfter: 'b/1' })).toEqual(['b/10', 'b/2']);
      const listed = await collect(store.list('b/10'));
      expect(listed).toEqual([{ key: 'b/10', bytes: 4 }]);
    });

    it('lists more objects than a page of S3 holds', async () => {
      const store = await makeStore();
      const expected = Array.from({ length: 1_100 }, (_, index) => `p/${1_000 + index}`);
      for (let at = 0; at < expected.length; at += 50) {
        const batch = expected.slice(at, at + 50);
        await Promise.all(batch.map((key) => store.put(key, bytes('x'))));
      }
      expect(await keys(store, 'p/')).toEqual(expected);
      await store.delete(expected);
      expect(await keys(store)).toEqual([]);
    }, 60_000);

    it('deletes what is there and does not mind what is not', async () => {
      const store = await makeStore();
      await store.put('a/1', bytes('1'));
      await store.put('a/2', bytes('2'));
      await store.delete(['a/1', 'a/3', 'b/c']);
      await store.delete(['a/1']);
      await store.delete([]);
      expect(await keys(store)).toEqual(['a/2']);
    });

    it('gives tags to an object, in the place of all that it had', async () => {
      const store = await makeStore();
      await store.put('a/b', bytes('x'));
      expect(await store.getTags('a/b')).toEqual({});
      await store.putTags('a/b', { state: 'finished', by: 'ana' });
      expect(await store.getTags('a/b')).toEqual({ state: 'finished', by: 'ana' });
      await store.putTags('a/b', { state: 'failed' });
      expect(await store.getTags('a/b')).toEqual({ state: 'failed' });
      await store.putTags('a/b', {});
      expect(await store.getTags('a/b')).toEqual({});
      expect(await keys(store)).toEqual(['a/b']);
      expect(text(await store.get('a/b'))).toBe('x');
    });

    it('gives the tags of an object to no other one, also not at its key', async () => {
      const store = await makeStore();
      await store.put('a', bytes('1'));
      await store.put('b', bytes('1'));
      await store.putTags('a', { state: 'finished' });
      expect(await store.getTags('b')).toEqual({});
      await store.put('a', bytes('2'));
      expect(await store.getTags('a')).toEqual({});
      await store.putTags('a', { state: 'finished' });
      await store.delete(['a']);
      const missing = { code: 'NOT_FOUND', permanent: true };
      await expect(store.getTags('a')).rejects.toMatchObject(missing);
      await expect(store.putTags('a', {})).rejects.toMatchObject(missing);
      await store.putIfAbsent('a', bytes('1'));
      expect(await store.getTags('a')).toEqual({});
    });

    it('refuses keys that are none, in every call', async () => {
      const store = await makeStore();
      const invalid = { code: 'INVALID_KEY', permanent: true };
      const bad = ['', '/a', 'a/', 'a//b', '.', '..', '../a', 'a/../../b', 'a/./b', 'a\\b', 'a\0b'];
      for (const key of [...bad, 'a\nb', '\ud800', 'x'.repeat(1025)]) {
        await expect(store.get(key), key).rejects.toMatchObject(invalid);
        await expect(store.put(key, bytes('x')), key).rejects.toMatchObject(invalid);
        await expect(store.putIfAbsent(key, bytes('x')), key).rejects.toMatchObject(invalid);
        await expect(store.putStream(key, body(['x'])), key).rejects.toMatchObject(invalid);
        await expect(store.size(key), key).rejects.toMatchObject(invalid);
        await expect(store.delete([key]), key).rejects.toMatchObject(invalid);
        await expect(store.putTags(key, {}), key).rejects.toMatchObject(invalid);
        await expect(store.getTags(key), key).rejects.toMatchObject(invalid);
        const range = { offset: 0, length: 0 };
        await expect(store.getRange(key, range), key).rejects.toMatchObject(invalid);
        await expect(collect(store.getStream(key)), key).rejects.toMatchObject(invalid);
      }
      expect(await keys(store)).toEqual([]);
    });

    it('does nothing for a caller that has cancelled', async () => {
      const store = await makeStore();
      await store.put('a', bytes('old'));
      const options = { signal: AbortSignal.abort(new Error('no longer needed')) };
      const aborted = { code: 'ABORTED', permanent: true };
      await expect(store.get('a', options)).rejects.toMatchObject(aborted);
      await expect(store.put('a', bytes('new'), options)).rejects.toMatchObject(aborted);
      await expect(store.putIfAbsent('b', bytes('new'), options)).rejects.toMatchObject(aborted);
      await expect(store.putStream('c', body(['new']), options)).rejects.toMatchObject(aborted);
      await expect(store.delete(['a'], options)).rejects.toMatchObject(aborted);
      await expect(store.putTags('a', { b: 'c' }, options)).rejects.toMatchObject(aborted);
      await expect(store.getTags('a', options)).rejects.toMatchObject(aborted);
      await expect(keys(store, '', options)).rejects.toMatchObject(aborted);
      await expect(collect(store.getStream('a', options))).rejects.toMatchObject(aborted);
      expect(text(await store.get('a'))).toBe('old');
      expect(await keys(store)).toEqual(['a']);
    });

    it('stops a stream that is cancelled half way, and stores nothing of it', async () => {
      const store = await makeStore();
      const controller = new AbortController();
      const half = {
        bytes: 4,
        async *open() {
          yield bytes('ha');
          controller.abort();
          yield bytes('lf');
        },
      };
      const cancelled = store.putStream('a', half, { signal: controller.signal });
      await expect(cancelled).rejects.toMatchObject({ code: 'ABORTED' });
      expect(await keys(store)).toEqual([]);
    });
  });
}
