import { execFile } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import lockfile from 'proper-lockfile';
import { PythonError } from './errors.ts';

const run = promisify(execFile);

/** The oldest Python that OpenEvolve supports. */
const OLDEST_MINOR = 10;
const candidates = ['python3', 'python3.13', 'python3.12', 'python3.11', 'python3.10', 'python'];
const stampName = '.requirements-sha256';

export interface PythonEnvironment {
  /** Where the virtual environment lies or is to be made. */
  readonly directory: string;
  /** A requirements file with hashes. */
  readonly requirements: string;
  readonly report: (line: string) => void;
}

/**
 * Makes a virtual environment that holds exactly what a hash-locked requirements file names, or
 * finds the one that is there. A stamp with the lock's hash, written last, tells a whole one from
 * one that was cut off. Of several processes one makes it, and the others wait.
 *
 * @returns the path of its Python.
 * @throws {PythonError} `NO_PYTHON` without Python 3.10 or newer, or when it has no venv module.
 * @example
 * const python = await preparePythonEnvironment({
 *   directory: '.venv',
 *   requirements: 'requirements.txt',
 *   report: console.log,
 * });
 */
export async function preparePythonEnvironment(environment: PythonEnvironment): Promise<string> {
  const { directory, requirements } = environment;
  const wanted = createHash('sha256')
    .update(await readFile(requirements))
    .digest('hex');
  const python = join(directory, 'bin', 'python');
  // An environment leads to the Python that it was made with, which may be gone since.
  const isThere = async () =>
    existsSync(python) &&
    (await readFile(join(directory, stampName), 'utf8').catch(() => null)) === wanted;
  if (await isThere()) {
    return python;
  }
  const release = await lockfile.lock(directory, {
    realpath: false,
    stale: 30_000,
    retries: { retries: 600, minTimeout: 500, maxTimeout: 500 },
  });
  try {
    if (!(await isThere())) {
      await make(environment, python, wanted);
    }
  } finally {
    await release();
  }
  return python;
}

async function make(
  { directory, requirements, report }: PythonEnvironment,
  python: string,
  stamp: string,
): Promise<void> {
  const base = await findPython();
  report(`making the Python environment with Python ${base.version} (once; about 20 seconds)`);
  await rm(directory, { recursive: true, force: true });
  await venv(base.command, directory);
  await pip(python, requirements);
  const temporary = join(directory, `${stampName}.${randomUUID()}`);
  await writeFile(temporary, stamp);
  await rename(temporary, join(directory, stampName));
}

async function findPython(): Promise<{ command: string; version: string }> {
  const found: string[] = [];
  for (const command of candidates) {
    const version = await run(command, [
      '-c',
      'import sys; print("%d.%d.%d" % sys.version_info[:3])',
    ])
      .then(({ stdout }) => stdout.trim())
      .catch(() => null);
    if (version === null) {
      continue;
    }
    const [major, minor] = version.split('.').map(Number);
    if (major === 3 && minor !== undefined && minor >= OLDEST_MINOR) {
      return { command, version };
    }
    found.push(version);
  }
  const seen = found.length > 0 ? `found only ${[...new Set(found)].join(', ')}` : 'found none';
  throw new PythonError(
    'NO_PYTHON',
    `OpenEvolve needs Python 3.${OLDEST_MINOR} or newer (${seen}): install it, for example with 'apt-get install python3 python3-venv' or 'brew install python'.`,
  );
}

async function venv(command: string, directory: string): Promise<void> {
  try {
    await run(command, ['-m', 'venv', directory]);
  } catch (cause) {
    throw new PythonError(
      'NO_PYTHON',
      `${command} cannot make a virtual environment in ${directory}: install its venv module, for example with 'apt-get install python3-venv'.`,
      { cause },
    );
  }
}

async function pip(python: string, requirements: string): Promise<void> {
  try {
    await run(
      python,
      [
        '-m',
        'pip',
        'install',
        '--quiet',
        '--disable-pip-version-check',
        '--require-hashes',
        '-r',
        requirements,
      ],
      { maxBuffer: 16 * 1024 * 1024 },
    );
  } catch (cause) {
    const detail = cause instanceof Error && 'stderr' in cause ? String(cause.stderr).trim() : '';
    throw new PythonError(
      'INSTALL_FAILED',
      `pip could not install ${requirements}: ${detail.split('\n').slice(-3).join(' ')}. Check the network and try again.`,
      { cause },
    );
  }
}
