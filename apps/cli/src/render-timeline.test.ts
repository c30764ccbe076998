import type { JobView } from '@openevolve-aws/batch-client';
import { expect, it } from 'vitest';
import { renderTimeline } from './render-timeline.ts';

it('tells of containers that never claimed the job, and of later submissions, in order', () => {
  const view = {
    job: { createdAt: '2026-01-01T00:00:00.000Z' },
    batch: {
      submission: 2,
      createdAt: '2026-01-01T02:00:00.000Z',
      attempts: [
        {
          number: 1,
          startedAt: null,
          stoppedAt: '2026-01-01T02:05:00.000Z',
          exitCode: null,
          reason: 'The container image cannot be pulled',
        },
        { number: 2, startedAt: null, stoppedAt: null, exitCode: null, reason: null },
      ],
    },
    attempts: [
      {
        submission: 1,
        batchAttempt: 1,
        startedAt: '2026-01-01T00:10:00.000Z',
        resumedFrom: null,
        machine: { instanceType: null },
        ended: {
          at: '2026-01-01T01:00:00.000Z',
          reason: 'left no word',
          exitCode: null,
          iterationsDone: 7,
          iterationsLost: null,
        },
      },
    ],
  } as unknown as JobView;
  expect(renderTimeline(view)).toEqual([
    '2026-01-01 00:00:00  submitted',
    '2026-01-01 00:10:00  attempt 1 began, from the beginning',
    '2026-01-01 01:00:00  attempt 1 ended with 7 iterations, an unknown number lost: left no word',
    '2026-01-01 02:00:00  resumed as submission 2',
    '2026-01-01 02:05:00  container 1 of the submission ended before it claimed the job: The container image cannot be pulled',
  ]);
});
