import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { runnerDirectory } from '../runner/runner-process.ts';
import { preparePythonEnvironment } from './environment.ts';

/**
 * `main.js prepare-python`: makes the Python environment of this release in the user's cache folder
 * and prints the path of its Python. One folder per lock, so that releases do not disturb each other.
 */
export async function preparePython(): Promise<number> {
  const requirements = join(runnerDirectory, 'requirements.txt');
  const lock = createHash('sha256').update(readFileSync(requirements)).digest('hex').slice(0, 16);
  const cache = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');
  const directory = join(cache, 'openevolve-aws', `python-${lock}`);
  try {
    await mkdir(directory, { recursive: true });
    const python = await preparePythonEnvironment({
      directory,
      requirements,
      report: (line) => process.stderr.write(`${line}\n`),
    });
    process.stdout.write(`${python}\n`);
    return 0;
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    return 1;
  }
}
