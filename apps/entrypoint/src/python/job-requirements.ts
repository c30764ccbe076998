import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { EntrypointError } from '../errors.ts';

const run = promisify(execFile);
const MAX_OUTPUT = 16 * 1024 * 1024;

/** Makes an environment that also has all packages of the Python that runs this. */
const EXTEND = `
import pathlib, sys, sysconfig, venv
target = pathlib.Path(sys.argv[1])
venv.EnvBuilder(symlinks=True).create(target)
[packages] = target.glob("lib/python*/site-packages")
(packages / "openevolve.pth").write_text(sysconfig.get_path("purelib"))
`;

export interface JobRequirements {
  /** The Python that has OpenEvolve; nothing is written there. */
  readonly python: string;
  /** What it was made from: these versions stay as they are. */
  readonly lock: string;
  /** The job's requirements.txt. */
  readonly requirements: string;
  /** Where the environment is made. */
  readonly directory: string;
  /** What a package's own build may see. */
  readonly environment: Record<string, string>;
  /** Gives up. */
  readonly signal: AbortSignal;
}

/**
 * Installs a job's own packages into an environment above the one that has OpenEvolve.
 *
 * @returns the path of its Python.
 * @throws {EntrypointError} `BAD_PROGRAM` when they cannot be installed together with OpenEvolve,
 *   `GO_ON` when the network kept them from it; the signal's `AbortError`.
 * @example
 * const python = await installRequirements({
 *   python: '/opt/venv/bin/python',
 *   lock: '/opt/entrypoint/dist/runner/requirements.txt',
 *   requirements: '/tmp/openevolve/input/requirements.txt',
 *   directory: '/tmp/openevolve/run/python',
 *   environment: { PATH: process.env.PATH ?? '' },
 *   signal: new AbortController().signal,
 * });
 */
export async function installRequirements(wanted: JobRequirements): Promise<string> {
  const { directory, requirements, lock, signal } = wanted;
  const options = { cwd: wanted.environment.HOME, env: wanted.environment, signal };
  await run(wanted.python, ['-c', EXTEND, directory], options);
  const constraints = join(directory, 'constraints.txt');
  await writeFile(constraints, pinsOf(await readFile(lock, 'utf8')));
  const python = join(directory, 'bin', 'python');
  try {
    await run(
      wanted.python,
      [
        ...['-m', 'pip', '--python', python, 'install', '--quiet', '--disable-pip-version-check'],
        ...['--no-cache-dir', '--constraint', constraints, '--requirement', requirements],
      ],
      { ...options, maxBuffer: MAX_OUTPUT },
    );
  } catch (cause) {
    throw signal.aborted ? cause : failed(cause);
  }
  return python;
}

/**
 * The lines of a lock without their hashes, which would ask for hashes of all that the job names.
 *
 * @example
 * pinsOf("numpy==2.5.5 ; python_full_version >= '3.12' \\\n    --hash=sha256:ab\n    # via x\n");
 * // "numpy==2.5.5 ; python_full_version >= '3.12'\n"
 */
export function pinsOf(lock: string): string {
  return [...lock.matchAll(/^(\w[^\\\n]*?)\s*\\?$/gm)].map(([, pin]) => `${pin}\n`).join('');
}

function failed(cause: unknown): EntrypointError {
  const output = cause instanceof Error && 'stderr' in cause ? String(cause.stderr).trim() : '';
  const errors = output.split('\n').filter((line) => line.startsWith('ERROR:'));
  const reason = (errors.length > 0 ? errors : output.split('\n').slice(-3)).join(' ');
  return /Retrying \(|Connection (broken|reset)|Read timed out|HTTP error 5\d\d/.test(output)
    ? new EntrypointError(
        'GO_ON',
        `The packages of requirements.txt could not be reached (${reason}): another attempt tries again.`,
        { cause },
      )
    : new EntrypointError(
        'BAD_PROGRAM',
        `The packages of requirements.txt cannot be installed (${reason}): correct it. OpenEvolve's own packages keep their versions.`,
        { cause },
      );
}
