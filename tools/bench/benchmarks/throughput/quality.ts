import { execFileSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { join } from 'node:path';
import { python } from '../../../kill/attempt.ts';
import type { Measurement } from '../../benchmark.ts';

const SEEDS = 20;
const VCPUS = 8;
const CANDIDATES = 200;
/** Of Student's t with 19 degrees of freedom: 95 % lie between minus and plus this. */
const T = 2.093;
const runner = join(import.meta.dirname, '../../../../apps/entrypoint/runner');

interface Line {
  readonly seed: number;
  readonly landscape: string;
  readonly workers: number;
  readonly stock: number;
  readonly ours: number;
}

/** What the best program of equally many candidates loses by more of them at one time. */
export async function measureQuality(): Promise<Measurement[]> {
  const seeds = Array.from({ length: SEEDS }, () => String(randomInt(1_000_000)));
  const script = join(import.meta.dirname, 'quality.py');
  const args = ['-B', script, runner, String(VCPUS), String(CANDIDATES), ...seeds];
  const printed = execFileSync(python, args, { stdio: ['ignore', 'pipe', 'ignore'] }).toString();
  // Each seed, beside the table.
  console.error(printed);
  const lines = printed
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);
  return Object.entries(Object.groupBy(lines, ({ landscape }) => landscape)).map(
    ([landscape, some = []]) => ({
      what: `best of ${CANDIDATES} candidates on ${landscape}, ${some[0]?.workers} workers beside ${VCPUS}: 95 % are above`,
      unit: '%',
      ours: lowerBound(some.map(({ ours, stock }) => (ours / stock - 1) * 100)),
      peers: {},
      goal: { atLeast: -5 },
    }),
  );
}

/** The lower end of the 95 % interval of a mean. */
function lowerBound(values: readonly number[]): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return mean - T * Math.sqrt(squares / (values.length - 1) / values.length);
}
