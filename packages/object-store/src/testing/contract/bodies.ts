import { expect } from 'vitest';
import { collect } from '../collect.ts';
import { bytes, type ContractCases, keys, streamOf, text } from './contract-case.ts';

export const bodies: ContractCases = {
  'gives back what was put, also nothing at all and every byte': async (store) => {
    const every = Uint8Array.from({ length: 256 }, (_, index) => index);
    await store.put('a/every', every);
    await store.put('a/empty', new Uint8Array());
    expect(await store.get('a/every')).toEqual(every);
    expect(await store.get('a/empty')).toEqual(new Uint8Array());
    expect(await store.size('a/every')).toBe(256);
    expect(await store.size('a/empty')).toBe(0);
  },

  'replaces an object, also by a shorter one': async (store) => {
    await store.put('a', bytes('a long body'));
    await store.put('a', bytes('short'));
    expect(text(await store.get('a'))).toBe('short');
  },

  'keeps its own copy of a body': async (store) => {
    const mine = bytes('mine');
    await store.put('a', mine);
    mine.fill(0);
    (await store.get('a')).fill(0);
    expect(text(await store.get('a'))).toBe('mine');
  },

  'says NOT_FOUND for a missing object, and that it is permanent': async (store) => {
    await store.put('a/b', bytes('x'));
    const missing = { code: 'NOT_FOUND', permanent: true };
    for (const key of ['b', 'a/c', 'a', 'a/b/c']) {
      await expect(store.get(key), key).rejects.toMatchObject(missing);
      await expect(store.size(key), key).rejects.toMatchObject(missing);
    }
    await expect(store.getRange('b', { offset: 0, length: 1 })).rejects.toMatchObject(missing);
    await expect(store.getRange('b', { offset: 0, length: 0 })).rejects.toMatchObject(missing);
    await expect(collect(store.getStream('b'))).rejects.toMatchObject(missing);
  },

  'reads ranges, and refuses one that leaves the object': async (store) => {
    await store.put('a', bytes('0123456789'));
    const read = async (offset: number, length: number) =>
      text(await store.getRange('a', { offset, length }));
    expect(await read(0, 10)).toBe('0123456789');
    expect(await read(3, 4)).toBe('3456');
    expect(await read(9, 1)).toBe('9');
    expect(await read(10, 0)).toBe('');
    for (const [offset, length] of [
      [9, 2],
      [10, 1],
      [20, 1],
      [11, 0],
      [-1, 2],
      [0, -1],
      [0.5, 1],
    ] as const) {
      await expect(read(offset, length)).rejects.toMatchObject({ code: 'INVALID_RANGE' });
    }
  },

  'streams a body up and down': async (store) => {
    const pieces = Array.from({ length: 50 }, (_, index) => `${index}`.repeat(20_000));
    await store.putStream('big/one', streamOf(pieces));
    const down = Buffer.concat(await collect(store.getStream('big/one')));
    expect(text(down) === pieces.join('')).toBe(true);
  },

  'streams a body of small pieces, and an empty one': async (store) => {
    const pieces = Array.from({ length: 3_000 }, (_, index) => `${index}\n`);
    await store.putStream('small', streamOf(pieces));
    await store.putStream('empty', streamOf([]));
    expect(text(await store.get('small'))).toBe(pieces.join(''));
    expect(await store.get('empty')).toEqual(new Uint8Array());
  },

  'stores nothing of a stream that is shorter or longer than declared, or that fails': async (
    store,
  ) => {
    await store.put('a', bytes('old'));
    for (const declared of [2, 4]) {
      await expect(store.putStream('a', streamOf(['new'], declared))).rejects.toMatchObject({
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
  },

  'lets a reader leave a stream early, and go on with other calls': async (store) => {
    const piece = 'x'.repeat(1_000_000);
    await store.putStream('a', streamOf([piece, piece, piece]));
    for (let round = 0; round < 3; round++) {
      for await (const chunk of store.getStream('a')) {
        expect(chunk[0]).toBe('x'.charCodeAt(0));
        break;
      }
    }
    expect(await store.size('a')).toBe(3_000_000);
  },
};
