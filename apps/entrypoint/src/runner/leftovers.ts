import { readdir, readFile } from 'node:fs/promises';

/**
 * Kills what a runner that was killed may have left behind: processes that an evaluator started in
 * a session of their own are in no group of the runner's. They are known by the home folder in the
 * environment with which they began. Linux only; elsewhere nothing is found.
 *
 * @param home the runner's `HOME`, which no other process has.
 */
export async function killLeftovers(home: string): Promise<void> {
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
