import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Exit, python } from './attempt.ts';
import { exampleFiles } from './job.ts';

/** OpenEvolve's own command, as its Python package installs it. */
export const openevolveRun = join(python, '../openevolve-run');

export interface StockRun {
  readonly pid: number;
  readonly output: string;
  readonly exited: Promise<Exit>;
}

/**
 * The arguments of a bare `openevolve-run` on the example.
 *
 * @param folder gets the config and the output.
 * @param config the same that a job of ours would have.
 */
export async function stockCommand(
  folder: string,
  config: Readonly<Record<string, unknown>>,
  iterations: number,
): Promise<{ command: [string, ...string[]]; output: string }> {
  await mkdir(folder, { recursive: true });
  const configFile = join(folder, 'config.yaml');
  await writeFile(configFile, JSON.stringify(config));
  const output = join(folder, 'output');
  const { program, evaluator } = exampleFiles;
  const options = ['--config', configFile, '--output', output, '--iterations', String(iterations)];
  return { command: [openevolveRun, program, evaluator, ...options], output };
}

/** Starts a bare `openevolve-run`; all of its processes have `folder` in their command line. */
export async function startStock(
  folder: string,
  config: Readonly<Record<string, unknown>>,
  iterations: number,
): Promise<StockRun> {
  const { command, output } = await stockCommand(folder, config, iterations);
  const [program, ...args] = command;
  const file = openSync(join(folder, 'output.log'), 'w');
  const child = spawn(program, args, { cwd: folder, stdio: ['ignore', file, file] });
  closeSync(file);
  const exited = once(child, 'exit').then(([code, signal]) => ({ code, signal }) as Exit);
  await once(child, 'spawn');
  return { pid: child.pid ?? 0, output, exited };
}

/** The number in the name of the newest checkpoint of a stock run; 0 without one. */
export async function newestStockCheckpoint(output: string): Promise<number> {
  const names = await readdir(join(output, 'checkpoints')).catch(() => []);
  return Math.max(0, ...names.map((name) => Number(/^checkpoint_(\d+)$/.exec(name)?.[1] ?? 0)));
}
