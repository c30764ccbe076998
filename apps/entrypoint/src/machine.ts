import { readFile } from 'node:fs/promises';
import { availableParallelism, totalmem } from 'node:os';
import type { AttemptRecord } from '@openevolve-aws/job-spec';
import type { InstanceMetadata } from './notices/instance-metadata.ts';

const MIB = 1024 * 1024;

/** Where the memory limit of a container stands, in cgroup version 2 and 1. */
const limitFiles = ['/sys/fs/cgroup/memory.max', '/sys/fs/cgroup/memory/memory.limit_in_bytes'];

/** The machine as far as this container may use it. */
export async function describeMachine(
  metadata: InstanceMetadata,
): Promise<AttemptRecord['machine']> {
  return {
    instanceType: await metadata.instanceType(),
    vcpus: availableParallelism(),
    memoryMib: Math.floor((await memoryLimitBytes()) / MIB),
  };
}

async function memoryLimitBytes(): Promise<number> {
  for (const file of limitFiles) {
    const limit = Number(await readFile(file, 'utf8').catch(() => ''));
    // Without a limit there is `max`, or a number beyond all memory.
    if (Number.isSafeInteger(limit) && limit > 0 && limit < totalmem()) {
      return limit;
    }
  }
  return totalmem();
}
