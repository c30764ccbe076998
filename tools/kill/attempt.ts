import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { StoredJob } from './job.ts';

const root = join(import.meta.dirname, '../..');
export const python = join(root, '.venv/bin/python');
/** The entrypoint as the image holds it. */
export const builtEntrypoint = join(root, 'apps/entrypoint/dist');

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** One run of the container's program. */
export interface Attempt {
  readonly pid: number;
  /** Its own folder; it is named in the environment or command line of every process of it. */
  readonly work: string;
  /** A file with all that it printed. */
  readonly output: string;
  readonly exited: Promise<Exit>;
  /** Null while it lives. */
  exit(): Exit | null;
}

/**
 * Runs the entrypoint with the container's environment.
 *
 * @param number of the attempt, from 1.
 * @param bundle the folder of the built entrypoint.
 */
export async function startAttempt(
  job: StoredJob,
  number: number,
  { bundle = builtEntrypoint, submission = 1 } = {},
): Promise<Attempt> {
  const folder = join(job.folder, `attempt-${submission}-${number}`);
  const work = join(folder, 'work');
  await mkdir(work, { recursive: true });
  const output = join(folder, 'output.log');
  const file = openSync(output, 'w');
  const child = spawn(process.execPath, [join(bundle, 'main.js')], {
    cwd: folder,
    stdio: ['ignore', file, file],
    env: {
      PATH: process.env.PATH,
      ...job.environment,
      OPENEVOLVE_SUBMISSION: String(submission),
      OPENEVOLVE_PYTHON: python,
      OPENEVOLVE_WORK_DIR: work,
      OPENEVOLVE_NOTICE_FILE: join(folder, 'notice.json'),
      AWS_BATCH_JOB_ID: `batch-${job.id}-${submission}`,
      AWS_BATCH_JOB_ATTEMPT: String(number),
    },
  });
  closeSync(file);
  let exit: Exit | null = null;
  const exited = exitOf(child).then((how) => {
    exit = how;
    return how;
  });
  if (child.pid === undefined) {
    throw new Error(
      `The entrypoint in ${bundle} could not be started. Build it: nx build entrypoint`,
    );
  }
  return { pid: child.pid, work, output, exited, exit: () => exit };
}

function exitOf(child: ChildProcess): Promise<Exit> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => resolve({ code, signal }));
  });
}
