import { expect } from 'vitest';
import { collect } from '../collect.ts';
import { bytes, type ContractCases, keys, sorted, text } from './contract-case.ts';

export const listing: ContractCases = {
  'lists in the order of UTF-8 bytes, with sizes, by any prefix and after any key': async (
    store,
  ) => {
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
    const inOrder = sorted(all);
    expect(inOrder).not.toEqual(all.toSorted());
    for (const key of all) await store.put(key, bytes(key));
    expect(await keys(store)).toEqual(inOrder);
    for (const prefix of ['a', 'ab/', 'ab/c', 'b/', 'b/1', 'z', 'b/1/', '../', 'a//']) {
      const expected = inOrder.filter((key) => key.startsWith(prefix));
      expect(await keys(store, prefix), prefix).toEqual(expected);
    }
    for (const startAfter of [...all, 'b/', 'b/11', 'ab/c', 'zzz']) {
      const expected = inOrder.filter(
        (key) => Buffer.compare(Buffer.from(key), Buffer.from(startAfter)) > 0,
      );
      expect(await keys(store, '', { startAfter }), startAfter).toEqual(expected);
    }
    expect(await keys(store, 'b/', { startAfter: 'b/1' })).toEqual(['b/10', 'b/2']);
    expect(await collect(store.list('b/10'))).toEqual([{ key: 'b/10', bytes: 4 }]);
  },

  'takes any well-formed text in a key, and gives it back unchanged': async (store) => {
    const all = [
      ' leading and  double space',
      'trailing space ',
      '+plus%20percent%2F',
      '"quotes" \'and\' <tags> & ampersands',
      'a?b=c#d;e:f,g@h!i$j(k)*l~m[n]|o^p`q{r}',
      // The same letter, composed and not: two keys.
      'caf\u00e9',
      'cafe\u0301',
      'עברית/日本語/ελληνικά',
      '🧬/👩‍🔬',
    ];
    for (const key of all) await store.put(key, bytes(key));
    expect(await keys(store)).toEqual(sorted(all));
    for (const key of all) expect(text(await store.get(key))).toBe(key);
    await store.delete(all);
    expect(await keys(store)).toEqual([]);
  },

  'lists and deletes more objects than a request of S3 holds': async (store) => {
    const all = Array.from({ length: 1_100 }, (_, index) => `p/${1_000 + index}`);
    for (let at = 0; at < all.length; at += 50) {
      const batch = all.slice(at, at + 50);
      await Promise.all(batch.map((key) => store.put(key, bytes('x'))));
    }
    expect(await keys(store, 'p/')).toEqual(all);
    expect(await keys(store, 'p/', { startAfter: 'p/1049' })).toEqual(all.slice(50));
    await store.delete(all.slice(0, 1_001));
    expect(await keys(store)).toEqual(all.slice(1_001));
  },

  'deletes what is there and does not mind what is not': async (store) => {
    await store.put('a/1', bytes('1'));
    await store.put('a/2', bytes('2'));
    await store.delete(['a/1', 'a/3', 'b/c']);
    await store.delete(['a/1']);
    await store.delete([]);
    expect(await keys(store)).toEqual(['a/2']);
  },
};
