import { MemoryStore } from '@openevolve-aws/object-store';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../tests/fixtures.ts';
import { simulate } from '../tests/simulation.ts';
import { inOrder } from './in-order.ts';

const SCHEDULES = 2_000;

/** A store without conditional writes: the protocol cannot hold over it. */
class Unconditional extends MemoryStore {
  override putIfAbsent = this.put;
}

/** Runs schedules until one fails, and says which. */
async function firstFailure(
  first: number,
  schedules: number,
  makeStore: () => MemoryStore,
): Promise<string | null> {
  const folder = temporaryFolder();
  const seeds = Array.from({ length: schedules }, (_, n) => first + n);
  const run = (seed: number): Promise<string | null> =>
    simulate(seed, makeStore(), folder).then(
      () => null,
      (error: unknown) => `seed ${seed}: ${error}`,
    );
  for await (const failure of inOrder(seeds, 8, run)) if (failure) return failure;
  return null;
}

it('no schedule of writers, crashes, lost replies and late writes loses what was acknowledged', async () => {
  const first = Date.now() % 1_000_000_000;
  expect(await firstFailure(first, SCHEDULES, () => new MemoryStore())).toBeNull();
}, 120_000);

it('the simulation finds out a store whose conditional writes are not', async () => {
  expect(await firstFailure(1, 200, () => new Unconditional())).toMatch(/^seed \d+: /);
});
