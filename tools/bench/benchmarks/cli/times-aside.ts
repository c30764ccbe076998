import { once } from 'node:events';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { type CommandLine, medianWallTimes } from '../../processes.ts';

/**
 * {@link medianWallTimes} in a thread of its own, since it blocks: a server that this process has
 * started stops when nobody reads what it writes.
 */
export async function timesAside<Name extends string>(
  commands: Readonly<Record<Name, CommandLine>>,
  rounds: number,
): Promise<Record<Name, number>> {
  const worker = new Worker(new URL(import.meta.url), { workerData: { commands, rounds } });
  const [times] = (await once(worker, 'message')) as [Record<Name, number>];
  return times;
}

if (!isMainThread) {
  parentPort?.postMessage(medianWallTimes(workerData.commands, workerData.rounds));
}
