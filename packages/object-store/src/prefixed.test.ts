import { expect, it } from 'vitest';
import { MemoryStore } from './memory-store.ts';
import { prefixed } from './prefixed.ts';
import { objectStoreContract } from './testing/contract.ts';

objectStoreContract('prefixed', async () => {
  const store = new MemoryStore();
  // Neighbours that only a wrong prefix would show.
  await store.put('users/ana2/x', new Uint8Array());
  await store.put('users/ana', new Uint8Array());
  return prefixed(store, 'users/ana');
});

it('puts keys under the prefix', async () => {
  const store = new MemoryStore();
  await prefixed(store, 'users/ana').put('a/b', Uint8Array.of(7));
  expect(await store.get('users/ana/a/b')).toEqual(Uint8Array.of(7));
});

it('refuses a prefix that is no key', () => {
  for (const prefix of ['', 'a/', '../a']) {
    expect(() => prefixed(new MemoryStore(), prefix)).toThrow(/key/);
  }
});
