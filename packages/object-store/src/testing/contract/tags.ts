import { expect } from 'vitest';
import { bytes, type ContractCases, keys, text } from './contract-case.ts';

const missing = { code: 'NOT_FOUND', permanent: true };

export const tags: ContractCases = {
  'gives tags to an object, in the place of all that it had': async (store) => {
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
  },

  'gives the tags of an object to no other one': async (store) => {
    await store.put('a', bytes('1'));
    await store.put('b', bytes('1'));
    await store.putTags('a', { state: 'finished' });
    expect(await store.getTags('b')).toEqual({});
    await store.delete(['a']);
    await expect(store.getTags('a')).rejects.toMatchObject(missing);
    await store.putIfAbsent('a', bytes('1'));
    expect(await store.getTags('a')).toEqual({});
  },

  'has no tags on an object that was written again': async (store) => {
    await store.put('a', bytes('1'));
    await store.putTags('a', { state: 'finished' });
    await store.put('a', bytes('1'));
    expect(await store.getTags('a')).toEqual({});
  },

  'says NOT_FOUND for the tags of a missing object': async (store) => {
    await expect(store.getTags('a')).rejects.toMatchObject(missing);
    await expect(store.putTags('a', { state: 'finished' })).rejects.toMatchObject(missing);
    await expect(store.putTags('a', {})).rejects.toMatchObject(missing);
  },
};
