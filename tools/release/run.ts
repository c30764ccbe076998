import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';

export interface Where {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
}

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end, however that is. */
export async function runToEnd(where: Where, program: string, ...args: string[]): Promise<Ended> {
  const child = spawn(program, args, { ...where, stdio: ['ignore', 'pipe', 'pipe'] });
  const [[code], stdout, stderr] = await Promise.all([
    once(child, 'close') as Promise<[number | null]>,
    text(child.stdout),
    text(child.stderr),
  ]);
  return { code, stdout, stderr };
}

/**
 * Runs a program that must succeed.
 *
 * @returns its standard output.
 * @throws {Error} when it fails, with all that it wrote.
 */
export async function run(where: Where, program: string, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await runToEnd(where, program, ...args);
  if (code !== 0) {
    throw new Error(
      `'${[program, ...args].join(' ')}' ended with ${code} in ${where.cwd}:\n${stdout}\n${stderr}`,
    );
  }
  return stdout;
}
