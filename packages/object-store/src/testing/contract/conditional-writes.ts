import { expect } from 'vitest';
import type { ObjectStore } from '../../object-store.ts';
import { bytes, type ContractCases, text } from './contract-case.ts';

/** Writers at the same moment; the one that is told that it won must be the only one, and be there. */
async function race(store: ObjectStore, key: string, writers: number): Promise<void> {
  const tries = await Promise.allSettled(
    Array.from({ length: writers }, (_, index) => store.putIfAbsent(key, bytes(`${index}`))),
  );
  const winners = tries.flatMap((result, index) => (result.status === 'fulfilled' ? [index] : []));
  expect(winners, key).toHaveLength(1);
  expect(text(await store.get(key))).toBe(`${winners[0]}`);
  for (const result of tries) {
    if (result.status === 'rejected') {
      expect(result.reason).toMatchObject({ code: 'ALREADY_EXISTS', permanent: true });
    }
  }
}

export const conditionalWrites: ContractCases = {
  'lets exactly one of many writers create a key, and its body is the one that stays': async (
    store,
  ) => {
    for (let round = 0; round < 10; round++) await race(store, `log/${round}`, 8);
    await race(store, 'log/many', 20);
  },

  'refuses to create a key that is taken, and leaves the object as it is': async (store) => {
    await store.put('a', bytes('1'));
    await expect(store.putIfAbsent('a', bytes('2'))).rejects.toMatchObject({
      code: 'ALREADY_EXISTS',
      permanent: true,
    });
    expect(text(await store.get('a'))).toBe('1');
  },

  'lets a key be created again after it was deleted': async (store) => {
    await store.putIfAbsent('a', bytes('1'));
    await store.delete(['a']);
    await store.putIfAbsent('a', bytes('2'));
    expect(text(await store.get('a'))).toBe('2');
  },
};
