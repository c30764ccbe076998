// `npm run test:kill -- [--kills N] [--seed N]`: kills attempts at random moments until there were
// enough kills, and checks after each that nothing finished is lost.
import { randomInt } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { bundleEntrypoint } from './bundle.ts';
import { runCampaign } from './campaign.ts';
import { runRivals } from './rivals.ts';
import { formatTable } from './table.ts';

/** A kill every 10 iterations or so: a job lives through ten of them. */
const ITERATIONS = 120;
/** How much earlier the first of two submissions is, in milliseconds. */
const HEAD_STARTS_MS = [0, 700, 2_500];

const { values } = parseArgs({
  options: { kills: { type: 'string', default: '200' }, seed: { type: 'string' } },
});
const kills = Number(values.kills);
const seed = Number(values.seed ?? randomInt(2 ** 31));
if (!Number.isSafeInteger(kills) || kills < 1 || !Number.isSafeInteger(seed)) {
  console.error('usage: npm run test:kill -- [--kills N] [--seed N]');
  process.exit(2);
}

const folder = await mkdtemp(join(tmpdir(), 'kill-'));
const bundle = await bundleEntrypoint(folder);

console.log(`seed ${seed}, ${kills} kills`);
const violations: string[] = [];
for (const headStartMs of HEAD_STARTS_MS) {
  const wrong = await runRivals(folder, bundle, seed, headStartMs);
  console.log(
    `two submissions, ${headStartMs} ms apart: ${wrong.length === 0 ? 'one ended with 72, and nothing of it shows' : 'WRONG'}`,
  );
  violations.push(...wrong);
}
const campaign = await runCampaign({
  kills,
  seed,
  folder,
  bundle,
  iterations: ITERATIONS,
  print: console.log,
});
violations.push(...campaign.violations);
console.log(`\n${formatTable(campaign.results)}\n`);
for (const violation of violations) {
  console.error(`VIOLATION ${violation}`);
}
if (violations.length > 0) {
  console.error(`Seed ${seed}; the jobs that are wrong, with all logs, are kept in ${folder}.`);
  process.exitCode = 1;
} else {
  console.log(
    `${campaign.results.length} kills, ${campaign.jobsDone} jobs done: nothing finished was lost.`,
  );
  await rm(folder, { recursive: true });
}
