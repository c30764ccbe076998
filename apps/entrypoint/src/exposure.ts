import { readFile } from 'node:fs/promises';

/**
 * This process and those that started it, as far as programs of the same user can read their
 * environment, where the provider's key and the way to the job's credentials are. In the image there
 * are none: files that can only be executed keep their processes closed. Another init in front of
 * them does not, and nothing does for root. Linux only; elsewhere nothing is found.
 *
 * @returns process ids, this one first.
 * @example
 * await exposedProcesses(); // [] in the image
 */
export async function exposedProcesses(): Promise<number[]> {
  const exposed: number[] = [];
  for (let pid = process.pid; pid > 0; pid = await parentOf(pid)) {
    if ((await read(pid, 'environ')) !== null) {
      exposed.push(pid);
    }
  }
  return exposed;
}

/** 0 when there is none, or it is not to be seen. */
async function parentOf(pid: number): Promise<number> {
  // The name in front is the program's choice, and may have brackets in it.
  const stat = (await read(pid, 'stat'))?.replace(/^.*\)/s, '');
  return Number(stat?.match(/^ \S (\d+) /)?.[1] ?? 0);
}

async function read(pid: number, name: string): Promise<string | null> {
  return readFile(`/proc/${pid}/${name}`, 'utf8').catch(() => null);
}
