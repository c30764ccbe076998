import { createHash } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { keyVariables } from '@openevolve-aws/llm-gateway';
import { runnerDirectory } from '../runner/runner-process.ts';
import { preparePythonEnvironment } from './environment.ts';
import { PythonError } from './errors.ts';

/**
 * `main.js prepare-python`: makes the Python environment of this release in the user's cache folder.
 * One folder per lock, so that releases do not disturb each other. Prints lines of progress and, as
 * its last line, a JSON document: `{"python": path}` or `{"error": {"code", "message"}}`.
 */
export async function preparePython(): Promise<number> {
  // Its programs need no key, and whoever submits a job can have this run in a container that has one.
  for (const name of keyVariables) {
    delete process.env[name];
  }
  const print = (line: string) => process.stdout.write(`${line}\n`);
  try {
    const requirements = join(runnerDirectory, 'requirements.txt');
    const lock = createHash('sha256')
      .update(await readFile(requirements))
      .digest('hex');
    const cache = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');
    const directory = join(cache, 'openevolve-aws', `python-${lock.slice(0, 16)}`);
    await mkdir(directory, { recursive: true });
    const python = await preparePythonEnvironment({ directory, requirements, report: print });
    print(JSON.stringify({ python }));
    return 0;
  } catch (error) {
    const code = error instanceof PythonError ? error.code : 'INSTALL_FAILED';
    const message = error instanceof Error ? error.message : String(error);
    print(JSON.stringify({ error: { code, message } }));
    return 1;
  }
}
