// `npm run test:faults -- [--rounds N] [--seed N] [--server NAME]`: commits and restores on an S3
// server through faults and kills, and checks after each round that nothing acknowledged is lost.
import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { startMinistack, startMoto, startVersitygw } from '@openevolve-aws/test-servers';
import { makeBucket } from './bucket.ts';
import { runCampaign } from './campaign.ts';
import { formatTable } from './table.ts';

const SERVERS = { ministack: startMinistack, moto: startMoto, versitygw: startVersitygw };

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '500' },
    seed: { type: 'string' },
    server: { type: 'string', default: 'ministack' },
  },
});
const rounds = Number(values.rounds);
const seed = Number(values.seed ?? randomInt(2 ** 31));
const start = Object.entries(SERVERS).find(([name]) => name === values.server)?.[1];
if (!Number.isSafeInteger(rounds) || rounds < 1 || !Number.isSafeInteger(seed) || !start) {
  console.error(
    `usage: npm run test:faults -- [--rounds N] [--seed N] [--server ${Object.keys(SERVERS).join('|')}]`,
  );
  process.exit(2);
}

console.log(`seed ${seed}, ${rounds} rounds on ${values.server}`);
process.exitCode = 1;
const server = await start();
try {
  const bucket = await makeBucket(server, 'faults');
  const results = await runCampaign({ rounds, seed, server, bucket, print: console.log });
  console.log(`\n${formatTable(results)}\n`);
  const violations = results.flatMap((result) => result.violations);
  for (const violation of violations) console.error(`VIOLATION ${violation}`);
  if (violations.length > 0) {
    console.error(`Seed ${seed}.`);
  } else {
    console.log('Nothing acknowledged was lost, and every restore was a checkpoint that was made.');
    process.exitCode = 0;
  }
} finally {
  await server.stop();
}
