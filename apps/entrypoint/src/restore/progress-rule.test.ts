import type { AttemptEndKind, AttemptRecord } from '@openevolve-aws/job-spec';
import { expect, it } from 'vitest';
import { judgeProgress } from './progress-rule.ts';

const start = Date.parse('2026-01-01T00:00:00Z');

interface Sketch {
  how: AttemptEndKind;
  from?: number;
  commit?: number;
  minutes?: number;
  submission?: number;
}

/** Attempts in the order in which they began. */
function history(...sketches: Sketch[]): AttemptRecord[] {
  return sketches.map(({ how, from, commit, minutes = 1, submission = 1 }, index) => ({
    version: 1,
    jobId: '0a1b2c3d',
    generation: 10 * (index + 1),
    submission,
    batchJobId: null,
    batchAttempt: null,
    startedAt: new Date(start).toISOString(),
    resumedFrom: from === undefined ? null : { commit: from, generation: 1, iterationsDone: 5 },
    skipped: [],
    noticeSource: 'none',
    machine: { instanceType: null, vcpus: 1, memoryMib: 1 },
    versions: { entrypoint: '0', node: '24', python: '3', openevolve: '0' },
    ended: {
      at: new Date(start + minutes * 60_000).toISOString(),
      how,
      exitCode: 75,
      reason: 'a worker died',
      iterationsDone: 5,
      commit: commit ?? from ?? null,
      iterationsLost: 0,
    },
  }));
}

const fruitless = (from: number): Sketch => ({ how: 'by itself', from });

it('goes on after one attempt that came to nothing', () => {
  expect(judgeProgress(history(fruitless(5)), 1).kind).toBe('go on');
});

it('puts the blame on a commit from which two attempts came to nothing', () => {
  expect(judgeProgress(history(fruitless(5), fruitless(5)), 1)).toMatchObject({
    kind: 'quarantine',
    commit: 5,
    reason: expect.stringContaining('a worker died'),
  });
});

it('gives up after two more', () => {
  const three = [fruitless(5), fruitless(5), fruitless(3)];
  expect(judgeProgress(history(...three), 1).kind).toBe('go on');
  expect(judgeProgress(history(...three, fruitless(3)), 1)).toMatchObject({
    kind: 'give up',
    reason: expect.stringContaining('4 attempts'),
  });
});

it('never counts interrupted attempts', () => {
  const interrupted: Sketch = { how: 'interrupted', from: 5 };
  expect(judgeProgress(history(...Array(9).fill(interrupted)), 1).kind).toBe('go on');
  expect(judgeProgress(history(fruitless(5), interrupted, fruitless(5)), 1).kind).toBe(
    'quarantine',
  );
});

it('counts a killed attempt only when it had lived for over ten minutes', () => {
  const killed = (minutes: number): Sketch => ({ how: 'killed', from: 5, minutes });
  expect(judgeProgress(history(killed(9), killed(9)), 1).kind).toBe('go on');
  expect(judgeProgress(history(killed(11), killed(11)), 1).kind).toBe('quarantine');
});

it('clears the account when an attempt has saved something', () => {
  const saved: Sketch = { how: 'by itself', from: 5, commit: 8 };
  expect(judgeProgress(history(fruitless(5), saved, fruitless(8)), 1).kind).toBe('go on');
});

it('does not count the attempts of an earlier submission', () => {
  const old = [fruitless(5), fruitless(5), fruitless(5), fruitless(5)];
  expect(judgeProgress(history(...old), 2).kind).toBe('go on');
});

it('has nothing to put the blame on when no commit was restored', () => {
  const fresh: Sketch = { how: 'by itself' };
  expect(judgeProgress(history(fresh, fresh), 1).kind).toBe('go on');
  expect(judgeProgress(history(fresh, fresh, fresh, fresh), 1).kind).toBe('give up');
});
