import type { JobView } from '@openevolve-aws/batch-client';
import { expect, it } from 'vitest';
import { renderStatus } from './render-status.ts';

const now = new Date('2026-01-01T00:10:00Z');
const view = {
  job: { id: '0a1b2c3d', name: 'first', owner: 'alice', createdAt: '2025-12-31T23:59:00Z' },
  limits: { iterations: 100, usd: null, tokens: null, timeoutSeconds: null },
  batch: { batchJobId: 'abc', submission: 1, status: 'RUNNING', statusReason: null, attempts: [] },
  progress: {
    ledger: { asked: 100, done: 23, failed: 2, candidates: 20 },
    initial: { score: 0.1 },
    best: { score: 0.8314445666, iteration: 19 },
    lastCommit: { seq: 5, at: '2026-01-01T00:09:48Z', iterationsDone: 21 },
    lossWindow: { iterations: 2, seconds: 12 },
  },
  attempts: [
    {
      submission: 1,
      batchAttempt: 1,
      startedAt: '2026-01-01T00:00:00Z',
      resumedFrom: null,
      machine: { instanceType: 'm5.2xlarge' },
      ended: {
        at: '2026-01-01T00:04:00Z',
        reason: 'interrupted (Spot notice)',
        exitCode: 75,
        iterationsDone: 10,
        iterationsLost: 0,
      },
    },
    {
      submission: 1,
      batchAttempt: 2,
      startedAt: '2026-01-01T00:05:00Z',
      resumedFrom: { commit: 3, iterationsDone: 10 },
      machine: { instanceType: null },
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
    'Timeline     : 2025-12-31 23:59:00  submitted',
    '               2026-01-01 00:00:00  attempt 1 began on m5.2xlarge, from the beginning',
    '               2026-01-01 00:04:00  attempt 1 ended with 10 iterations, none lost: interrupted (Spot notice) (exit 75)',
    '               2026-01-01 00:05:00  attempt 2 began, from commit 3 with 10 iterations',
    'Results      : s3://outputs/users/alice/0a1b2c3d/output',
  ]);
});

it('shows limits as they stand now, not as they were when the attempt began', () => {
  const limits = { iterations: 500, usd: null, tokens: null, timeoutSeconds: 7200 };
  expect(renderStatus({ ...view, limits }, now)).toEqual(
    expect.arrayContaining([
      'Iterations   : 23 of 500 done, 2 failed, 20 candidates',
      'Time limit   : 7200 s for all attempts together',
    ]),
  );
});

it('shows a job that has not begun', () => {
  const waiting = { ...view, progress: null, attempts: [] };
  expect(renderStatus(waiting, now).slice(5)).toEqual([
    'Timeline     : 2025-12-31 23:59:00  submitted',
    'Results      : s3://outputs/users/alice/0a1b2c3d/output',
  ]);
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

it('shows what was spent, and how model calls go', () => {
  const spend = {
    models: {
      'gemini-2.5-flash': {
        calls: 40,
        failures: 2,
        promptTokens: 9_000,
        completionTokens: 1_000,
        usd: 1.2,
      },
    },
    estimated: { usd: 0.03, tokens: 50 },
    reserved: { usd: 0, tokens: 0 },
  };
  const calls = {
    made: 42,
    failed: 2,
    tokensPerMinute: 1_200.4,
    latencyMs: { p50: 2_100, p90: 4_000, p99: 9_000 },
    held: 3,
    down: ['generativelanguage.googleapis.com'],
  };
  const progress = { ...view.progress, ledger: { ...view.progress?.ledger, spend }, calls };
  const spending = { ...view, limits: { ...view.limits, usd: 5 }, progress } as JobView;
  expect(renderStatus(spending, now)).toEqual(
    expect.arrayContaining([
      'Spent        : $1.23, $0.03 of it estimated, 10050 tokens; at most $5.00 in all',
      'Model calls  : 42 made, 2 failed; half within 2.1 s, 99 % within 9.0 s; 1200 tokens a minute; 3 wait for the provider; failing: generativelanguage.googleapis.com',
    ]),
  );
});

it('never takes an unknown price for nothing', () => {
  const spend = {
    models: {
      'a-model': { calls: 1, failures: 0, promptTokens: 5, completionTokens: 5, usd: null },
    },
    estimated: { usd: 0, tokens: 0 },
    reserved: { usd: 0, tokens: 0 },
  };
  const progress = { ...view.progress, ledger: { ...view.progress?.ledger, spend } };
  const lines = renderStatus({ ...view, progress } as JobView, now);
  expect(lines).toContain('Spent        : an unknown sum (no price of a-model), 10 tokens');
});
