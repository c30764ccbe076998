import os from 'node:os';

/** What a figure depends on besides the code. Memory in MiB. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memory: number;
  readonly system: string;
  readonly node: string;
  /** Runnable processes a core over the minute before the run: above 1, figures are upper bounds. */
  readonly load: number;
}

export function describeMachine(): Machine {
  const cores = os.availableParallelism();
  return {
    cpu: os.cpus()[0]?.model.trim() ?? 'unknown',
    cores,
    memory: Math.round(os.totalmem() / 2 ** 20),
    system: `${os.type()} ${os.release()} ${os.arch()}`,
    node: process.versions.node,
    load: Math.round(((os.loadavg()[0] ?? 0) / cores) * 100) / 100,
  };
}
