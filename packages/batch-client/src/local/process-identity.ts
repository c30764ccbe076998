import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Names a process for ever, while pids alone are used again. */
export interface ProcessIdentity {
  readonly pid: number;
  readonly startTime: string;
}

/**
 * When a process started, in a form that only compares; null when there is no such process, or it
 * has ended and only its parent has not looked yet.
 */
export async function processStartTime(pid: number): Promise<string | null> {
  if (process.platform === 'linux') {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null);
    // The command name is in parentheses and may hold spaces; the 22nd field is the start time.
    const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
    // Z is a zombie.
    return fields && fields[0] !== 'Z' ? (fields[19] ?? null) : null;
  }
  return run('ps', ['-o', 'lstart=', '-p', String(pid)])
    .then(({ stdout }) => stdout.trim() || null)
    .catch(() => null);
}

/** The identity of a process that was just started; of one that has ended already, it fits none. */
export async function identify(pid: number): Promise<ProcessIdentity> {
  return { pid, startTime: (await processStartTime(pid)) ?? 'ended' };
}

/** Whether exactly this process still runs. */
export async function isRunning(identity: ProcessIdentity): Promise<boolean> {
  return (await processStartTime(identity.pid)) === identity.startTime;
}
