import type { CommitEntry } from '@openevolve-aws/job-spec';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ledger } from '../tests/fixtures.ts';
import { planRetention } from './retention.ts';

const ASKED = 1_000;

function commit(seq: number, done: number, score: number | null = null): CommitEntry {
  const best = score === null ? null : { id: `${seq}`, iteration: done, score, metrics: {} };
  return {
    version: 1,
    kind: 'commit',
    seq,
    entryId: crypto.randomUUID(),
    generation: 1,
    at: new Date().toISOString(),
    parent: null,
    label: `checkpoint_${done}`,
    reason: 'timer',
    pack: { key: 'packs/1-1', bytes: 1, manifest: { offset: 0, length: 1, sha256: '' } },
    files: 0,
    bytes: 0,
    ledger: ledger(done),
    initial: null,
    best,
    earlyStopping: null,
  };
}

function keptOf(commits: readonly CommitEntry[], keep: number[] = [], asked = ASKED): number[] {
  const state = { commits, ledger: { ...ledger(0), asked }, end: null };
  const dropped = planRetention(state, keep);
  return commits.map(({ seq }) => seq).filter((seq) => !dropped.includes(seq));
}

const run = Array.from({ length: 200 }, (_, n) => commit(n + 1, (n + 1) * 5));

it('keeps the newest ten and the last of each tenth of the run', () => {
  const tenths = [19, 39, 59, 79, 99, 119, 139, 159, 179];
  expect(keptOf(run)).toEqual([...tenths, 191, 192, 193, 194, 195, 196, 197, 198, 199, 200]);
});

it('keeps commits that are pinned', () => {
  const commits = run.map((one) => ({ ...one, pinned: one.seq === 7 || one.seq === 60 }));
  expect(keptOf(commits)).toEqual([7, ...keptOf(run), 60].sort((left, right) => left - right));
});

it('keeps each commit whose best score is above that of all before it', () => {
  const scores = [null, 0.5, 0.5, 0.4, 0.9, 0.9, 1, 0.2];
  const commits = [
    ...scores.map((score, n) => commit(n + 1, 1, score)),
    ...run.slice(20, 30).map(({ seq }) => commit(seq, 1, 0.9)),
  ];
  expect(keptOf(commits).filter((seq) => seq < 9)).toEqual([2, 5, 7]);
});

it('keeps what the caller names, and the final commit', () => {
  expect(keptOf(run, [3, 44])).toEqual(expect.arrayContaining([3, 44]));
  const end = { commit: 5 } as never;
  expect(planRetention({ commits: run, ledger: ledger(0), end }, [])).not.toContain(5);
});

it('keeps longer parts of a run that was extended', () => {
  expect(keptOf(run, [], 2 * ASKED).filter((seq) => seq <= 190)).toEqual([39, 79, 119, 159]);
});

it('drops nothing that it kept before, however often it is asked and whatever is gone', () => {
  const steps = fc.array(fc.record({ done: fc.nat({ max: 40 }), score: fc.nat({ max: 9 }) }), {
    maxLength: 120,
  });
  fc.assert(
    fc.property(steps, fc.integer({ min: 1, max: 15 }), (made, each) => {
      let done = 0;
      let survivors: CommitEntry[] = [];
      const all: CommitEntry[] = [];
      for (const [n, step] of made.entries()) {
        done = Math.min(ASKED, done + step.done);
        const next = commit(n + 1, done, step.score);
        all.push(next);
        survivors.push(next);
        if (n % each > 0) continue;
        const kept = keptOf(survivors);
        survivors = survivors.filter(({ seq }) => kept.includes(seq));
      }
      expect(keptOf(survivors)).toEqual(keptOf(all));
    }),
  );
});
