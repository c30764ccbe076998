import type { JobView } from '@openevolve-aws/batch-client';
import { expect, it } from 'vitest';
import { renderStatus } from './render-status.ts';

const now = new Date('2026-01-01T00:10:00Z');
const view = {
  job: { id: '0a1b2c3d', name: 'first', owner: 'alice' },
  batch: { batchJobId: 'abc', status: 'RUNNING', statusReason: null },
  progress: {
    ledger: { asked: 100, done: 23, failed: 2, candidates: 20 },
    initial: { score: 0.1 },
    best: { score: 0.8314445666, iteration: 19 },
    lastCommit: { seq: 5, at: '2026-01-01T00:09:48Z', iterationsDone: 21 },
    lossWindow: { iterations: 2, seconds: 12 },
  },
  attempts: [
    {
      startedAt: '2026-01-01T00:00:00Z',
      resumedFrom: null,
      ended: { reason: 'interrupted (Spot notice)', exitCode: 75, iterationsLost: 0 },
    },
    {
      startedAt: '2026-01-01T00:05:00Z',
      resumedFrom: { commit: 3, iterationsDone: 10 },
      ended: null,
    },
  ],
  problems: [],
  outputUri: 's3://outputs/users/alice/0a1b2c3d/output',
} as unknown as JobView;

it('shows progress, score, what a kill would cost, and the attempts', () => {
  expect(renderStatus(view, now)).toEqual([
    'Job short ID : 0a1b2c3d',
    'Batch job ID : abc',
    'Name         : first',
    'User         : alice',
    'Status       : RUNNING',
    'Iterations   : 23 of 100 done, 2 failed, 20 candidates',
    'Best score   : 0.831445 at iteration 19, began with 0.1',
    'Saved        : 21 iterations, 12 s ago (commit 5)',
    'A kill costs : 2 finished iterations',
    'Attempt 1    : 2026-01-01T00:00:00Z, from the beginning; interrupted (Spot notice) (exit 75, 0 finished iterations lost)',
    'Attempt 2    : 2026-01-01T00:05:00Z, resumed from commit 3 (10 iterations)',
    'Results      : s3://outputs/users/alice/0a1b2c3d/output',
  ]);
});

it('shows a job that has not begun', () => {
  const waiting = { ...view, progress: null, attempts: [] };
  expect(renderStatus(waiting, now)).toHaveLength(6);
});

it('shows what the workers of a running job do, and what limits them', () => {
  const throughput = {
    candidatesPerHour: 1_799.6,
    workers: 20,
    limitedBy: 'evaluation',
    slots: 2,
    model: 16,
    waiting: 2,
    evaluating: 2,
    modelSeconds: 20,
    evaluationSeconds: 2,
    workerMib: 30,
    vcpusUsed: 1.93,
  };
  const running = { ...view, progress: { ...view.progress, throughput } } as JobView;
  expect(renderStatus(running, now)).toEqual(
    expect.arrayContaining([
      'Throughput   : 1800 candidates an hour; the evaluation is the limit; 1.9 vCPUs busy',
      'Workers      : 20: 16 wait for the model, 2 wait for a slot, 2 of at most 2 evaluate',
    ]),
  );
});
