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

/** How an attempt is started, and where its files are. */
export interface AttemptCommand {
  readonly command: [program: string, ...args: string[]];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly folder: string;
  readonly work: string;
}

export interface AttemptOptions {
  /** The folder of the built entrypoint. */
  readonly bundle?: string;
  readonly submission?: number;
  /** Added to the environment, in the place of what is there. */
  readonly variables?: Readonly<Record<string, string>>;
}

/**
 * The container's program with the container's environment, as the image and Batch would give it.
 *
 * @param number of the attempt, from 1.
 */
export async function attemptCommand(
  job: StoredJob,
  number: number,
  { bundle = builtEntrypoint, submission = 1, variables = {} }: AttemptOptions = {},
): Promise<AttemptCommand> {
  const folder = join(job.folder, `attempt-${submission}-${number}`);
  const work = join(folder, 'work');
  await mkdir(work, { recursive: true });
  return {
    command: [process.execPath, join(bundle, 'main.js')],
    folder,
    work,
    env: {
      PATH: process.env.PATH,
      ...job.environment,
      OPENEVOLVE_SUBMISSION: String(submission),
      OPENEVOLVE_PYTHON: python,
      OPENEVOLVE_WORK_DIR: work,
      OPENEVOLVE_NOTICE_FILE: join(folder, 'notice.json'),
      AWS_BATCH_JOB_ID: `batch-${job.id}-${submission}`,
      AWS_BATCH_JOB_ATTEMPT: String(number),
      ...variables,
    },
  };
}

/** Starts an attempt. */
export async function startAttempt(
  job: StoredJob,
  number: number,
  options: AttemptOptions = {},
): Promise<Attempt> {
  const { command, env, folder, work } = await attemptCommand(job, number, options);
  const [program, ...args] = command;
  const output = join(folder, 'output.log');
  const file = openSync(output, 'w');
  const child = spawn(program, args, { cwd: folder, env, stdio: ['ignore', file, file] });
  closeSync(file);
  let exit: Exit | null = null;
  const exited = exitOf(child).then((how) => {
    exit = how;
    return how;
  });
  if (child.pid === undefined) {
    throw new Error(`${command.join(' ')} could not be started. Build it: nx build entrypoint`);
  }
  return { pid: child.pid, work, output, exited, exit: () => exit };
}

function exitOf(child: ChildProcess): Promise<Exit> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => resolve({ code, signal }));
  });
}
