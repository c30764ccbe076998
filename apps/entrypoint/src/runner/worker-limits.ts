import { type Job, RUNNER_MEMORY_MIB } from '@openevolve-aws/job-spec';
import type { RunFile } from './protocol.ts';

/** A file that no evaluation has reason to write. */
const FILE_MIB = 4096;
/** Counted over all processes of the user, so it also bounds what all workers together start. */
const PROCESSES = 4096;

/**
 * What one worker may use: an evaluation's share of the job's memory, so that one candidate cannot
 * take the others' or the machine's. Workers that wait need little beside.
 *
 * @param isolated whether the job has a user of its own; elsewhere the user's other processes would
 *   count too.
 */
export function workerLimits(job: Job, isolated: boolean): RunFile['worker_limits'] {
  return {
    memory_mib: Math.floor(
      (job.memoryMib - RUNNER_MEMORY_MIB) / (job.evaluationSlots ?? job.vcpus),
    ),
    file_mib: FILE_MIB,
    processes: isolated ? PROCESSES : null,
  };
}
