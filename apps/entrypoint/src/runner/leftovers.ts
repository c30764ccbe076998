import { readdir, readFile } from 'node:fs/promises';

/**
 * Kills what a runner that was killed may have left behind: processes that an evaluator started in
 * a session of their own are in no group of the runner's. In the image, where this is process 1, that
 * is every other process there is. Elsewhere they are known by the home folder in the environment
 * with which they began, on Linux; a process that hides it is not found.
 *
 * @param home the runner's `HOME`, which no other process has.
 */
export async function killLeftovers(home: string): Promise<void> {
  if (process.pid === 1) {
    kill(-1);
    return;
  }
  const mark = `HOME=${home}`;
  const pids = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name));
  for (const pid of pids) {
    const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '');
    if (environment.split('\0').includes(mark)) {
      kill(Number(pid));
    }
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') {
      throw error;
    }
  }
}
