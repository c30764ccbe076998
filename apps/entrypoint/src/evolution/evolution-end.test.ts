import { containerExit, emptyLedger } from '@openevolve-aws/job-spec';
import { expect, it } from 'vitest';
import type { FinishedEvent } from '../runner/protocol.ts';
import { judgeEnd } from './evolution-end.ts';

const finished = (outcome: FinishedEvent['outcome'], done = 10): FinishedEvent => ({
  event: 'finished',
  outcome,
  ledger: { ...emptyLedger(10), done, candidates: done, lastIteration: done },
});

const evidence = (
  code: number | null,
  event: FinishedEvent | null,
  fatal: string | null = null,
) => ({
  exit: { code, signal: code === null ? ('SIGKILL' as const) : null },
  finished: event,
  fatal,
  asked: 10,
  stopReason: null,
});

it.each(['iterations', 'target', 'early-stop'] as const)('is complete with %s', (outcome) => {
  expect(judgeEnd(evidence(0, finished(outcome)))).toEqual({ kind: 'complete', outcome });
});

it('does not believe exit code 0 alone, nor a ledger that is short', () => {
  expect(judgeEnd(evidence(0, null)).kind).toBe('unfinished');
  expect(judgeEnd(evidence(0, finished('iterations', 9))).kind).toBe('unfinished');
  expect(judgeEnd(evidence(0, finished('interrupted'))).kind).toBe('unfinished');
});

it('does not believe a last event without exit code 0', () => {
  expect(judgeEnd(evidence(75, finished('iterations'))).kind).toBe('unfinished');
  expect(judgeEnd(evidence(null, finished('iterations'))).kind).toBe('unfinished');
});

it.each([
  ['BAD_PROGRAM', containerExit.BAD_PROGRAM],
  ['NO_CANDIDATE', containerExit.NO_CANDIDATE],
  ['INTERNAL', containerExit.INTERNAL],
  ['INTERNAL', 3],
])('ends the job with %s after exit code %d', (code, exit) => {
  expect(() => judgeEnd(evidence(exit, null, 'the sentence'))).toThrow(
    expect.objectContaining({ code }),
  );
});

it('says why it has to be gone on with', () => {
  expect(judgeEnd(evidence(75, finished('short'), 'workers keep dying'))).toMatchObject({
    reason: 'workers keep dying',
  });
  expect(judgeEnd({ ...evidence(75, null), stopReason: 'Spot notice' })).toMatchObject({
    reason: 'Spot notice',
  });
});
