import { randomInt } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { builtEntrypoint } from './attempt.ts';
import { runCampaign } from './campaign.ts';
import { runRivals } from './rivals.ts';
import { formatTable } from './table.ts';

const KILLS = 12;
const ITERATIONS = 80;

/** Runs a part of `npm run test:kill` in a folder that is kept when something is wrong. */
async function inFolder(run: (folder: string, seed: number) => Promise<readonly string[]>) {
  const seed = randomInt(2 ** 31);
  const folder = await mkdtemp(join(tmpdir(), 'kill-'));
  const violations = await run(folder, seed);
  expect(violations, `seed ${seed}, kept in ${folder}`).toEqual([]);
  await rm(folder, { recursive: true });
}

it('loses nothing that had finished, whatever is killed and when', async () => {
  await inFolder(async (folder, seed) => {
    const { results, violations } = await runCampaign({
      kills: KILLS,
      seed,
      folder,
      bundle: builtEntrypoint,
      iterations: ITERATIONS,
      print: () => undefined,
    });
    console.log(`seed ${seed}\n${formatTable(results)}`);
    expect(results).toHaveLength(KILLS);
    return violations;
  });
});

it('lets the newer of two submissions go on, and nothing of the older one shows', async () => {
  await inFolder((folder, seed) => runRivals(folder, builtEntrypoint, seed, seed % 2_000));
});
