import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { variants } from './variants.ts';
import type { Report, Task } from './worker.ts';

const HOOKS = new URL('./hooks.ts', import.meta.url).href;

export interface SimulationOptions {
  readonly seed: number;
  readonly schedules: number;
  readonly mutant?: string | undefined;
  readonly onReport?: (report: Report) => void;
}

export interface SimulationResult {
  readonly ran: number;
  readonly failure: { readonly seed: number; readonly error: string } | null;
}

/**
 * Runs schedules from a seed on, a process for each variant. A seed always meets the same variant, so
 * it replays alone. Stops at the first failure.
 *
 * @example
 * await simulate({ seed: 1, schedules: 1_000 }); // { ran: 1000, failure: null }
 */
export async function simulate(options: SimulationOptions): Promise<SimulationResult> {
  const { seed, schedules, mutant, onReport } = options;
  const failures: { seed: number; error: string }[] = [];
  let ran = 0;
  const running = new Set<ChildProcess>();
  const workers = variants.map(async (_, variant) => {
    const step = variants.length;
    const first = seed + ((variant - (seed % step) + step) % step);
    if (first >= seed + schedules) return;
    const worker = fork(fileURLToPath(new URL('./worker.ts', import.meta.url)), {
      execArgv: [
        '--conditions=@openevolve-aws/source',
        '--max-semi-space-size=64',
        `--import=${HOOKS}`,
      ],
      env: { ...process.env, SIMULATION: `${variant}:${mutant ?? ''}` },
    });
    running.add(worker);
    worker.on('message', (report: Report) => {
      if (report.kind === 'ran') ran += report.schedules;
      if (report.kind === 'failed') failures.push(report);
      onReport?.(report);
    });
    const task: Task = { first, end: seed + schedules, step, trace: schedules === 1 };
    worker.send(task);
    const [code] = await once(worker, 'exit');
    running.delete(worker);
    if (failures.length > 0) for (const other of running) other.kill();
    else if (code !== 0) throw new Error(`A worker of the simulation ended with ${code}.`);
  });
  await Promise.all(workers);
  return { ran, failure: failures[0] ?? null };
}

/**
 * How many schedules it takes to find out a mutant, or null. The schedule that fails with it must hold
 * without it.
 */
export async function findMutant(
  mutant: string,
  seed: number,
  schedules: number,
): Promise<{ readonly schedule: number; readonly error: string } | null> {
  const { failure } = await simulate({ seed, schedules, mutant });
  if (!failure) return null;
  const without = await simulate({ seed: failure.seed, schedules: 1 });
  if (without.failure) throw new Error(`Seed ${failure.seed} fails without a mutant.`);
  return { schedule: failure.seed - seed + 1, error: failure.error };
}
