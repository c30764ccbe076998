import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { claimJob, type Session } from '@openevolve-aws/checkpoint-sync';
import { type AttemptRecord, emptyLedger } from '@openevolve-aws/job-spec';
import { MemoryStore } from '@openevolve-aws/object-store';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createLog } from '../log.ts';
import { restoreJob } from './restore-job.ts';

const lines: string[] = [];
const log = createLog([], (line) => lines.push(line));
const claimant = { submission: 1, batchJobId: null, batchAttempt: null };
const ledger = { ...emptyLedger(10), done: 10, candidates: 10, lastIteration: 10 };

let folder: string;
let store: MemoryStore;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'restore-'));
  store = new MemoryStore();
});
afterEach(() => rm(folder, { recursive: true }));

async function commit(session: Session): Promise<number> {
  const directory = join(folder, 'checkpoint_10');
  await mkdir(join(directory, 'programs'), { recursive: true });
  await writeFile(join(directory, 'programs', 'a.json'), '{"id": "a"}');
  await writeFile(
    join(directory, 'metadata.json'),
    '{"islands": [["a"]], "archive": [], "best_program_id": "a", "last_iteration": 10}',
  );
  const scores = { initial: null, best: null, earlyStopping: null };
  const label = 'checkpoint_10';
  return (await session.commit({ directory, label, reason: 'end', ledger, ...scores })).seq;
}

/** Two attempts that went on from a commit, ended by themselves and saved nothing. */
const fruitless = (seq: number) =>
  [10, 20].map((generation) => ({
    generation,
    submission: 1,
    startedAt: '2026-01-01T00:00:00Z',
    resumedFrom: { commit: seq, generation: 1, iterationsDone: 10 },
    ended: { at: '2026-01-01T00:01:00Z', how: 'by itself', commit: seq, reason: 'no room' },
  })) as AttemptRecord[];

const restore = async (earlier: readonly AttemptRecord[]) =>
  restoreJob(await claimJob(store, claimant), join(folder, 'restored'), earlier, 1, log);

it('puts a commit aside from which two attempts came to nothing', async () => {
  const seq = await commit(await claimJob(store, claimant));
  expect(await restore(fruitless(seq))).toMatchObject({ commit: null, skipped: [{ seq }] });
  expect(lines).toContainEqual(expect.stringMatching(/^ERROR .* 10 finished iterations are lost/));
});

it('keeps the last commit of a run that is complete, however often its results failed', async () => {
  const session = await claimJob(store, claimant);
  const seq = await commit(session);
  await session.end('iterations', seq, ledger);
  expect(await restore(fruitless(seq))).toMatchObject({ commit: { seq }, skipped: [] });
});
