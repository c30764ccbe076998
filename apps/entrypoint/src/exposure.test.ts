import { platform } from 'node:os';
import { expect, it } from 'vitest';
import { exposedProcesses } from './exposure.ts';

it.runIf(platform() === 'linux')(
  'finds a process of a file that can be read, and what started it',
  async () => {
    const exposed = await exposedProcesses();
    expect(exposed.slice(0, 2)).toEqual([process.pid, process.ppid]);
    expect(new Set(exposed).size).toBe(exposed.length);
  },
);
