import { parseArgs } from 'node:util';
import { mutants } from './mutants.ts';
import { findMutant, simulate } from './simulate.ts';

const usage = `Usage: npm run simulate -- [--schedules N] [--seed S] [--mutant NAME | --mutants]

  --schedules  how many; 10000 by default. With 1, each step of it is printed.
  --seed       the first one; by the clock by default.
  --mutant     break the engine in this way; --mutants tries each of these:
${Object.keys(mutants)
  .map((name) => `               ${name}\n`)
  .join('')}`;

const { values } = parseArgs({
  options: {
    schedules: { type: 'string', default: '10000' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000_000) },
    mutant: { type: 'string' },
    mutants: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
const schedules = Number(values.schedules);
const seed = Number(values.seed);
if (values.help || !(schedules > 0) || !Number.isInteger(seed)) {
  process.stdout.write(usage);
  process.exitCode = values.help ? 0 : 2;
} else if (values.mutants) {
  process.exitCode = 1;
  let missed = 0;
  for (const mutant of Object.keys(mutants)) {
    const found = await findMutant(mutant, seed, schedules);
    if (!found) missed += 1;
    const when = found ? `found at schedule ${found.schedule}` : `NOT FOUND in ${schedules}`;
    const why = found?.error.split('\n')[0]?.slice(0, 150) ?? '';
    process.stdout.write(`${mutant}: ${when} ${why}\n`);
  }
  process.exitCode = missed > 0 ? 1 : 0;
} else {
  process.exitCode = 1;
  const began = performance.now();
  const { ran, failure } = await simulate({
    seed,
    schedules,
    mutant: values.mutant,
    onReport: (report) => {
      if (report.kind === 'step') process.stdout.write(`${report.step}\n`);
      if (report.kind === 'history') process.stdout.write(`History ${report.hash}\n`);
    },
  });
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  if (failure) {
    process.stdout.write(`Seed ${failure.seed} fails: ${failure.error}\n`);
    process.stdout.write(`Replay it with --schedules 1 --seed ${failure.seed}\n`);
  } else {
    process.stdout.write(`${ran} schedules from seed ${seed} on hold, in ${seconds} s.\n`);
    process.exitCode = 0;
  }
}
