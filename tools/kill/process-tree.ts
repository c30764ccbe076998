import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

interface ProcessFacts {
  readonly pid: number;
  readonly parent: number;
}

/**
 * Living processes that belong to a folder: it stands in their command line or their environment.
 * A worker is a fork of the runner, so it shows the runner's command line whatever it does.
 */
export function processesOf(folder: string): ProcessFacts[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .flatMap((name) => {
      const belongs = ['cmdline', 'environ'].some((file) =>
        readOrEmpty(`/proc/${name}/${file}`).includes(folder),
      );
      // "pid (name) state parent ...", where the name may hold anything.
      const [state, parent] =
        readOrEmpty(`/proc/${name}/stat`).split(') ').at(-1)?.split(' ') ?? [];
      return belongs && state !== 'Z' ? [{ pid: Number(name), parent: Number(parent) }] : [];
    });
}

/** The processes of an attempt by their part in it. */
export interface AttemptProcesses {
  /** The Python runner, once the entrypoint has started it. */
  readonly runner: number | null;
  readonly workers: readonly number[];
  readonly all: readonly number[];
}

export function processesOfAttempt(folder: string, entrypoint: number): AttemptProcesses {
  const all = processesOf(folder);
  const runner = all.find(({ parent }) => parent === entrypoint)?.pid ?? null;
  const workers = all.filter(({ parent }) => parent === runner).map(({ pid }) => pid);
  return { runner, workers, all: all.map(({ pid }) => pid) };
}

/** Sends a signal; a process that has gone by itself meanwhile is as good as hit. */
export function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') {
      throw error;
    }
  }
}

/**
 * Waits until no process of a folder is left.
 *
 * @returns the pids that are still there after the time; none when all have gone.
 */
export async function leftoversOf(folder: string, withinMs: number): Promise<number[]> {
  const deadline = Date.now() + withinMs;
  for (;;) {
    const left = processesOf(folder).map(({ pid }) => pid);
    if (left.length === 0 || Date.now() >= deadline) {
      return left;
    }
    await delay(20);
  }
}

function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return ''; // It has gone meanwhile, or is another user's.
  }
}
