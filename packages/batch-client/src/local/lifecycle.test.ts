import { expect, it } from 'vitest';
import type { JobRecord } from './job-record.ts';
import {
  beginAttempt,
  endAttempt,
  failToStart,
  MACHINE_TAKEN,
  terminateWaiting,
} from './lifecycle.ts';

const now = new Date('2026-01-01T00:00:00Z');
const waiting: JobRecord = {
  version: 1,
  batchJobId: '6b2ba4b6-4b0f-4d0f-9b0c-0f9c3c1f0b11',
  batchJobName: 'first',
  owner: 'alice',
  jobId: '0a1b2c3d',
  submission: 1,
  vcpus: 2,
  memoryMib: 1024,
  model: { kind: 'provider' },
  status: 'RUNNABLE',
  statusReason: null,
  createdAt: now.toISOString(),
  startedAt: null,
  stoppedAt: null,
  terminateReason: null,
  attempts: [],
};
const running = (attempts = 1) => {
  let record = waiting;
  for (let number = 1; number <= attempts; number += 1) {
    record = beginAttempt(record, { pid: 42, startTime: '1' }, now);
  }
  return record;
};
const end = (exitCode: number | null, { machineTaken = false, attempts = 1 } = {}) =>
  endAttempt(running(attempts), { exitCode, machineTaken }, now);
const cancelled: JobRecord = { ...running(), terminateReason: 'Cancelled by alice' };

it('succeeds with exit code 0', () => {
  expect(end(0)).toMatchObject({ status: 'SUCCEEDED', attempts: [{ exitCode: 0, number: 1 }] });
});

it('waits for its next attempt after an interruption', () => {
  expect(end(75)).toMatchObject({ status: 'RUNNABLE', stoppedAt: null });
});

it('waits for its next attempt when its machine was taken and nobody saw the exit code', () => {
  expect(end(null, { machineTaken: true })).toMatchObject({
    status: 'RUNNABLE',
    attempts: [{ reason: MACHINE_TAKEN }],
  });
});

it('fails at once when the program cannot be used, and says so', () => {
  expect(end(65)).toMatchObject({
    status: 'FAILED',
    statusReason: expect.stringContaining('cannot be used'),
  });
});

it('fails after its tenth attempt, and says that none is left', () => {
  expect(end(75, { attempts: 9 }).status).toBe('RUNNABLE');
  expect(end(75, { attempts: 10 })).toMatchObject({
    status: 'FAILED',
    statusReason: expect.stringContaining('none of the 10 attempts is left'),
  });
});

it('is never retried when its end was asked for', () => {
  const outcome = { exitCode: 75, machineTaken: true };
  expect(endAttempt(cancelled, outcome, now)).toMatchObject({
    status: 'FAILED',
    statusReason: 'Cancelled by alice',
  });
});

it('counts as done when it was done before the asked end reached it', () => {
  const outcome = { exitCode: 0, machineTaken: false };
  expect(endAttempt(cancelled, outcome, now).status).toBe('SUCCEEDED');
});

it('ends a waiting job, and leaves an ended one alone', () => {
  expect(terminateWaiting(waiting, 'Cancelled by alice', now).status).toBe('FAILED');
  const done = end(0);
  expect(terminateWaiting(done, 'Cancelled by alice', now)).toBe(done);
});

it('fails for good when an attempt could not be started, and shows that attempt', () => {
  expect(failToStart(waiting, 'spawn python ENOENT', now)).toMatchObject({
    status: 'FAILED',
    statusReason: 'could not be started: spawn python ENOENT',
    attempts: [{ number: 1, exitCode: null, stoppedAt: now.toISOString(), process: null }],
  });
});
