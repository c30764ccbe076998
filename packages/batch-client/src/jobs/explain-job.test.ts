import { type AttemptRecord, emptyLedger, type Progress } from '@openevolve-aws/job-spec';
import { expect, it } from 'vitest';
import type { BatchAttempt, BatchJob } from '../backend.ts';
import type { JobView } from './describe-job.ts';
import { explainView } from './explain-job.ts';

const batch: BatchJob = {
  batchJobId: '6b2ba4b6-4b0f-4d0f-9b0c-0f9c3c1f0b11',
  batchJobName: 'first-0a1b2c3d-1',
  owner: 'alice',
  jobId: '0a1b2c3d',
  submission: 1,
  status: 'FAILED',
  statusReason: null,
  createdAt: '2026-01-01T00:00:00.000Z',
  startedAt: null,
  stoppedAt: null,
  attempts: [],
};
const attempt = (number: number, exitCode: number | null, reason: string | null): BatchAttempt => ({
  number,
  startedAt: batch.createdAt,
  stoppedAt: batch.createdAt,
  exitCode,
  reason,
});
const progress = {
  ledger: { ...emptyLedger(100), done: 40 },
  best: { score: 0.75 },
} as Progress;
const record = (exitCode: number, reason: string) =>
  ({ submission: 1, ended: { exitCode, reason } }) as AttemptRecord;
const explain = (changes: Partial<BatchJob>, view: Partial<JobView> = {}, wait?: string) =>
  explainView(
    {
      job: { id: '0a1b2c3d' } as JobView['job'],
      limits: { iterations: 100, usd: null, tokens: null, timeoutSeconds: null },
      batch: { ...batch, ...changes },
      progress: null,
      attempts: [],
      outputUri: '',
      problems: [],
      ...view,
    },
    wait,
  );

it('says how far a job is that is done or runs', () => {
  expect(explain({ status: 'SUCCEEDED' }, { progress })).toMatchObject({
    code: 'DONE',
    sentence: 'It is done: 40 of 100 iterations, best score 0.75.',
    next: expect.stringContaining('results 0a1b2c3d'),
  });
  const attempts = [attempt(1, 75, 'interrupted'), attempt(2, null, null)];
  expect(explain({ status: 'RUNNING', attempts }, { progress })).toMatchObject({
    code: 'RUNNING',
    sentence: 'It runs, its 2nd attempt: 40 of 100 iterations, best score 0.75.',
    next: null,
  });
});

it('says why a job waits, and for which attempt', () => {
  const attempts = [attempt(1, null, 'Its machine was taken away.')];
  expect(explain({ status: 'RUNNABLE', attempts }, {}, 'No machine is free.').sentence).toBe(
    'It is RUNNABLE for its 2nd attempt, after: Its machine was taken away. No machine is free.',
  );
  expect(explain({ status: 'SUBMITTED' }).sentence).toBe('It is SUBMITTED.');
});

it("lets the attempt's own reason go before the exit code's meaning", () => {
  const attempts = [attempt(1, 65, 'the program cannot be used')];
  const own = { attempts: [record(65, 'config.yaml names no model.')] };
  expect(explain({ attempts }, own)).toMatchObject({
    code: 'BAD_PROGRAM',
    sentence: 'It failed: config.yaml names no model.',
  });
  expect(explain({ attempts }).sentence).toContain('cannot be used');
  const older = { attempts: [{ ...record(65, 'older'), submission: 2 } as AttemptRecord] };
  expect(explain({ attempts }, older).sentence).not.toContain('older');
});

it('says that all attempts are used, and how to go on', () => {
  const attempts = Array.from({ length: 10 }, (_, index) => attempt(index + 1, 75, null));
  expect(explain({ attempts })).toMatchObject({
    code: 'GO_ON',
    sentence: expect.stringContaining('all 10 attempts are used'),
    next: expect.stringContaining('resume 0a1b2c3d'),
  });
});

it('calls a stopped job stopped, and says when it needs more time to go on', () => {
  const attempts = [attempt(1, 73, null)];
  const ended = {
    submission: 1,
    startedAt: '2026-01-01T00:00:00Z',
    ended: {
      exitCode: 73,
      at: '2026-01-01T00:59:00Z',
      reason: 'interrupted (time limit of 3600 s)',
    },
  } as AttemptRecord;
  const limits = { iterations: 100, usd: null, tokens: null, timeoutSeconds: 3600 };
  expect(explain({ attempts }, { attempts: [ended], limits })).toMatchObject({
    code: 'STOPPED',
    sentence: 'It was stopped, with its work saved: interrupted (time limit of 3600 s).',
    next: expect.stringContaining('resume 0a1b2c3d --timeout'),
  });
  const longer = { ...limits, timeoutSeconds: 7200 };
  const { next } = explain({ attempts }, { attempts: [ended], limits: longer });
  expect(next).toBe('Resume it to go on: openevolve-aws resume 0a1b2c3d.');
});

it('takes the reason of the backend where no container ran', () => {
  const statusReason = 'The container image cannot be pulled. An administrator must push it';
  expect(explain({ statusReason })).toMatchObject({
    code: 'FAILED',
    sentence: `It failed: ${statusReason}.`,
  });
  expect(explain({}).sentence).toBe('It failed: no reason was given.');
});

it('calls a cancelled job cancelled, whatever its exit code', () => {
  const attempts = [attempt(1, 143, null)];
  expect(explain({ statusReason: 'Cancelled by alice', attempts }).code).toBe('CANCELLED');
});
