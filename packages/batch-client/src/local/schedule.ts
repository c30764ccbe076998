import type { JobRecord } from './job-record.ts';

/**
 * Which waiting jobs start now: first come, first served, as long as their vCPUs fit. A job that
 * asks for more than the machine has gets the whole machine, since waiting would never end.
 *
 * @param records all unfinished jobs.
 * @param capacity vCPUs of this machine.
 */
export function jobsToStart(records: readonly JobRecord[], capacity: number): JobRecord[] {
  const share = (record: JobRecord) => Math.min(record.vcpus, capacity);
  let free = capacity;
  for (const record of records) {
    if (record.status === 'RUNNING' || record.status === 'STARTING') {
      free -= share(record);
    }
  }
  const waiting = records
    .filter((record) => record.status === 'RUNNABLE')
    .sort((a, b) => a.createdAt.localeCompare(b.createdAt));
  const starting: JobRecord[] = [];
  for (const record of waiting) {
    if (share(record) > free) {
      break;
    }
    free -= share(record);
    starting.push(record);
  }
  return starting;
}
