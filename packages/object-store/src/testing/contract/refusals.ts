import { expect } from 'vitest';
import { collect } from '../collect.ts';
import { bytes, type ContractCases, keys, streamOf, text } from './contract-case.ts';

export const refusals: ContractCases = {
  'refuses keys that are none, in every call': async (store) => {
    const invalid = { code: 'INVALID_KEY', permanent: true };
    const bad = ['', '/a', 'a/', 'a//b', '.', '..', '../a', 'a/../../b', 'a/./b', 'a\\b', 'a\0b'];
    for (const key of [...bad, 'a\nb', '\ud800', 'x'.repeat(1025)]) {
      await expect(store.get(key), key).rejects.toMatchObject(invalid);
      await expect(store.put(key, bytes('x')), key).rejects.toMatchObject(invalid);
      await expect(store.putIfAbsent(key, bytes('x')), key).rejects.toMatchObject(invalid);
      await expect(store.putStream(key, streamOf(['x'])), key).rejects.toMatchObject(invalid);
      await expect(store.size(key), key).rejects.toMatchObject(invalid);
      await expect(store.delete([key]), key).rejects.toMatchObject(invalid);
      await expect(store.putTags(key, {}), key).rejects.toMatchObject(invalid);
      await expect(store.getTags(key), key).rejects.toMatchObject(invalid);
      const range = { offset: 0, length: 0 };
      await expect(store.getRange(key, range), key).rejects.toMatchObject(invalid);
      await expect(collect(store.getStream(key)), key).rejects.toMatchObject(invalid);
    }
    expect(await keys(store)).toEqual([]);
  },

  'does nothing for a caller that has cancelled': async (store) => {
    await store.put('a', bytes('old'));
    const options = { signal: AbortSignal.abort(new Error('no longer needed')) };
    const aborted = { code: 'ABORTED', permanent: true };
    await expect(store.get('a', options)).rejects.toMatchObject(aborted);
    await expect(store.put('a', bytes('new'), options)).rejects.toMatchObject(aborted);
    await expect(store.putIfAbsent('b', bytes('new'), options)).rejects.toMatchObject(aborted);
    await expect(store.putStream('c', streamOf(['new']), options)).rejects.toMatchObject(aborted);
    await expect(store.delete(['a'], options)).rejects.toMatchObject(aborted);
    await expect(store.putTags('a', { b: 'c' }, options)).rejects.toMatchObject(aborted);
    await expect(store.getTags('a', options)).rejects.toMatchObject(aborted);
    await expect(keys(store, '', options)).rejects.toMatchObject(aborted);
    await expect(collect(store.getStream('a', options))).rejects.toMatchObject(aborted);
    expect(text(await store.get('a'))).toBe('old');
    expect(await keys(store)).toEqual(['a']);
  },

  'stops a stream that is cancelled half way, and stores nothing of it': async (store) => {
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
  },
};
