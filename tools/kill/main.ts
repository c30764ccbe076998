// `npm run test:kill -- [--kills N] [--seed N]`: kills attempts at random moments until there were
// enough kills, and checks after each that nothing finished is lost.
import { spawnSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { builtEntrypoint } from './attempt.ts';
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

const root = join(import.meta.dirname, '../..');
const build = spawnSync(join(root, 'node_modules/.bin/nx'), ['build', 'entrypoint'], {
  cwd: root,
  stdio: ['ignore', 'ignore', 'inherit'],
  env: { ...process.env, NX_DAEMON: 'false' },
});
if (build.status !== 0) {
  console.error("'nx build entrypoint' failed: run it to see why.");
  process.exit(1);
}
const folder = await mkdtemp(join(tmpdir(), 'kill-'));
// A build meanwhile must not change what runs.
const bundle = join(folder, 'entrypoint');
await cp(builtEntrypoint, bundle, { recursive: true });

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
