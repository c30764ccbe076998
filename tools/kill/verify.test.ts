import { type CommitEntry, emptyLedger } from '@openevolve-aws/job-spec';
import { expect, it } from 'vitest';
import type { EvolutionLog, FinishedIteration } from './evolution-log.ts';
import { type Standing, verifyAttempt } from './verify.ts';

const commit = (seq: number, done: number): CommitEntry => ({
  version: 1,
  seq,
  entryId: '6f1c1f0e-0000-4000-8000-000000000000',
  generation: 1,
  at: '2026-11-24T19:00:00.000Z',
  kind: 'commit',
  parent: null,
  label: `checkpoint_${done}`,
  reason: 'timer',
  pack: { key: 'packs/1-1', bytes: 1, manifest: { offset: 0, length: 1, sha256: '0'.repeat(64) } },
  files: 1,
  bytes: 1,
  ledger: { ...emptyLedger(10), done, lastIteration: done },
  initial: null,
  best: null,
  earlyStopping: null,
});

const standing = (
  entry: CommitEntry | null,
  ...ids: string[]
): Pick<Standing, 'commit' | 'population' | 'problems'> => ({
  commit: entry,
  population: new Set(ids),
  problems: [],
});

const finished = (number: number, program: string | null): FinishedIteration => ({
  number,
  program,
  at: number,
  moves: program === null ? [] : [{ id: program, how: 'added' }],
});

const log: EvolutionLog = {
  start: { moves: [{ id: 'first', how: 'added' }] },
  iterations: [finished(1, 'a'), finished(2, null), finished(3, 'b')],
};
const nothing = standing(null);

it('finds nothing wrong with a commit that holds what the log says, and tells what it lacks', () => {
  expect(verifyAttempt(nothing, standing(commit(2, 2), 'first', 'a'), log)).toEqual({
    committed: [1, 2],
    failed: 1,
    lostAt: [3],
    violations: [],
  });
});

it.each([
  ['a program is missing that nothing displaced', standing(commit(2, 2), 'first')],
  ['a program is there that did not come in', standing(commit(2, 2), 'first', 'a', 'b')],
  ['more is committed than finished', standing(commit(2, 4), 'first', 'a', 'b')],
])('objects when %s', (_, after) => {
  expect(verifyAttempt(nothing, after, log).violations).toHaveLength(1);
});

it('objects when the newest commit is older than before', () => {
  const before = standing(commit(5, 2), 'first', 'a');
  expect(verifyAttempt(before, standing(commit(3, 2), 'first', 'a'), log).violations).toContain(
    'the newest commit is 3 after the attempt, and was 5',
  );
});
