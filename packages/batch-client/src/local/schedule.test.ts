import { expect, it } from 'vitest';
import type { JobRecord } from './job-record.ts';
import { jobsToStart } from './schedule.ts';

const job = (batchJobName: string, vcpus: number, status: JobRecord['status'] = 'RUNNABLE') =>
  ({ batchJobName, vcpus, status, createdAt: batchJobName }) as JobRecord;
const namesOf = (records: readonly JobRecord[]) => records.map(({ batchJobName }) => batchJobName);

it('starts jobs in the order of their submission as long as their vCPUs fit', () => {
  expect(namesOf(jobsToStart([job('b', 2), job('a', 1), job('c', 2)], 4))).toEqual(['a', 'b']);
});

it('counts what running and starting jobs use', () => {
  expect(jobsToStart([job('a', 3, 'RUNNING'), job('b', 1, 'STARTING'), job('c', 1)], 4)).toEqual(
    [],
  );
});

it('does not let a small job overtake a large one for ever', () => {
  expect(jobsToStart([job('a', 2, 'RUNNING'), job('b', 4), job('c', 1)], 4)).toEqual([]);
});

it('gives a job that asks for more than there is the whole machine, alone', () => {
  expect(namesOf(jobsToStart([job('a', 8), job('b', 8)], 2))).toEqual(['a']);
});
