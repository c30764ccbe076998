import { describe } from 'vitest';
import type { ObjectStore } from '../object-store.ts';
import { bodies } from './contract/bodies.ts';
import { conditionalWrites } from './contract/conditional-writes.ts';
import { type Differences, defineCases } from './contract/define-cases.ts';
import { listing } from './contract/listing.ts';
import { refusals } from './contract/refusals.ts';
import { tags } from './contract/tags.ts';

const CASES = { ...bodies, ...conditionalWrites, ...listing, ...tags, ...refusals };

/**
 * The behaviour that every store has, as a vitest suite.
 *
 * @param makeStore gives a fresh, empty store for each test.
 * @param differences for servers that are not ours to mend.
 * @example
 * objectStoreContract('MemoryStore', async () => new MemoryStore());
 */
export function objectStoreContract(
  name: string,
  makeStore: () => Promise<ObjectStore>,
  differences?: Differences,
): void {
  describe(`${name}: the contract of a store`, () => {
    defineCases(CASES, makeStore, differences);
  });
}
