import { randomInt } from 'node:crypto';
import { startMinistack } from '@openevolve-aws/test-servers';
import { expect, it } from 'vitest';
import { makeBucket } from './bucket.ts';
import { runCampaign } from './campaign.ts';
import { formatTable } from './table.ts';

const ROUNDS = 12;

it('loses nothing that was acknowledged, whatever the store answers and whoever is killed', async () => {
  const seed = randomInt(2 ** 31);
  const server = await startMinistack();
  try {
    const bucket = await makeBucket(server, 'faults');
    const results = await runCampaign({
      rounds: ROUNDS,
      seed,
      server,
      bucket,
      print: () => undefined,
    });
    console.log(`seed ${seed}\n${formatTable(results)}`);
    expect(
      results.flatMap((result) => result.violations),
      `seed ${seed}`,
    ).toEqual([]);
    expect(results).toHaveLength(ROUNDS);
    expect(results.map(({ found }) => found)).toContain('acknowledged');
  } finally {
    await server.stop();
  }
});
