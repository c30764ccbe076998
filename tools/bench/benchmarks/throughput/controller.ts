import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { python } from '../../../kill/attempt.ts';
import type { Measurement } from '../../benchmark.ts';

const SECONDS = 4;
const runner = join(import.meta.dirname, '../../../../apps/entrypoint/runner');

/** Programs asked for, and candidates for each second of CPU that there must be at least. */
const goals = [
  [1_000, 400],
  [5_000, 100],
] as const;

/** What the part between the workers is good for: candidates for each second of its CPU time. */
export async function measureController(): Promise<Measurement[]> {
  return goals.map(([programs, atLeast]) => ({
    what: `controller at ${programs} programs, five islands`,
    unit: '/CPU s',
    ours: rateOf(programs, 'ours'),
    peers: { 'openevolve-run': rateOf(programs, 'stock') },
    goal: { atLeast },
  }));
}

function rateOf(programs: number, kind: 'ours' | 'stock'): number {
  const script = join(import.meta.dirname, 'controller.py');
  const args = ['-B', script, runner, String(programs), String(SECONDS), kind];
  const printed = execFileSync(python, args, { stdio: ['ignore', 'pipe', 'ignore'] });
  const { per_second } = JSON.parse(printed.toString()) as { per_second: number };
  return per_second;
}
