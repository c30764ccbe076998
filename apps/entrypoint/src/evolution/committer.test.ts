import { link, mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { claimJob, listCommits, restoreNewest } from '@openevolve-aws/checkpoint-sync';
import { emptyLedger } from '@openevolve-aws/job-spec';
import { MemoryStore } from '@openevolve-aws/object-store';
import { FaultStore } from '@openevolve-aws/object-store/testing';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { CheckpointEvent } from '../runner/protocol.ts';
import { Committer, isOurFault } from './committer.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'committer-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function checkpoint(done: number): Promise<CheckpointEvent> {
  const label = `checkpoint_${done}`;
  const path = join(folder, label);
  await mkdir(join(path, 'programs'), { recursive: true });
  await writeFile(join(path, 'programs', 'a.json'), JSON.stringify({ done }));
  await writeFile(join(path, 'metadata.json'), JSON.stringify({ last_iteration: done }));
  const ledger = { ...emptyLedger(100), done, candidates: done, lastIteration: done };
  return {
    event: 'checkpoint',
    path,
    label,
    reason: 'timer',
    programs: 1,
    ledger,
    initial: null,
    best: null,
    early_stopping: null,
  };
}

const patience = () => AbortSignal.timeout(10_000);

async function committerOn(store: MemoryStore | FaultStore) {
  const session = await claimJob(store, { submission: 1, batchJobId: null, batchAttempt: null });
  const failures: unknown[] = [];
  const committer = new Committer({
    session,
    initial: null,
    stamp: (ledger) => ledger,
    beforeCommit: async () => undefined,
    onCommit: async () => undefined,
    onFailure: (error) => failures.push(error),
  });
  return { session, committer, failures };
}

it('commits only the newest of the checkpoints that were declared meanwhile', async () => {
  const store = new MemoryStore();
  const { committer, failures } = await committerOn(store);
  for (const done of [1, 2, 3]) {
    committer.offer(await checkpoint(done));
  }
  await committer.settled(patience());
  expect(failures).toEqual([]);
  expect(committer.last?.entry.ledger.done).toBe(3);
  expect((await listCommits(store)).at(-1)?.ledger.done).toBe(3);
});

it('deletes directories that are of no more use, and keeps the newest declared one', async () => {
  const { committer } = await committerOn(new MemoryStore());
  committer.offer(await checkpoint(1));
  await committer.settled(patience());
  expect(await readdir(folder)).toEqual(['checkpoint_1']);
  committer.offer(await checkpoint(2));
  await committer.settled(patience());
  expect(await readdir(folder)).toEqual(['checkpoint_2']);
});

it('makes no commit of a checkpoint that is declared again', async () => {
  const store = new MemoryStore();
  const { committer } = await committerOn(store);
  const same = await checkpoint(1);
  committer.offer(same);
  await committer.settled(patience());
  committer.offer({ ...same, reason: 'request' });
  await committer.settled(patience());
  expect(await listCommits(store)).toHaveLength(1);
});

it.each([
  ['timer', '{"done":1}'],
  ['stop', '{"done":7}'],
  ['end', '{"done":7}'],
] as const)(
  'reads every file for the last commit only: after "%s", a change in disguise leaves %s',
  async (reason, content) => {
    const store = new MemoryStore();
    const { committer } = await committerOn(store);
    const [first, second] = [await checkpoint(1), await checkpoint(2)];
    const file = join(first.path, 'programs', 'a.json');
    await utimes(file, 1_000, 1_000);
    committer.offer(first);
    await committer.settled(patience());

    await rm(join(second.path, 'programs', 'a.json'));
    await link(file, join(second.path, 'programs', 'a.json'));
    await writeFile(file, '{"done":7}');
    await utimes(file, 1_000, 1_000);
    committer.offer({ ...second, reason });
    await committer.settled(patience());
    const restored = join(folder, 'restored');
    await restoreNewest(store, restored);
    expect(await readFile(join(restored, 'programs', 'a.json'), 'utf8')).toBe(content);
  },
);

it('tries a commit that failed again by itself, since the next checkpoint may be hours away', async () => {
  let failing = 0;
  const store = new FaultStore(new MemoryStore(), () => (failing-- > 0 ? 'refuse' : null));
  const { committer, failures } = await committerOn(store);
  failing = 2;
  committer.offer(await checkpoint(1));
  await committer.settled(patience());
  expect(failures).toHaveLength(2);
  expect(committer.last?.entry.ledger.done).toBe(1);
});

it('gives up when there is no more time, and makes the next one', async () => {
  let broken = true;
  const store = new FaultStore(new MemoryStore(), () => (broken ? 'refuse' : null));
  broken = false;
  const { committer, failures } = await committerOn(store);
  broken = true;
  committer.offer(await checkpoint(1));
  await committer.settled(AbortSignal.timeout(100));
  expect(failures.length).toBeGreaterThan(0);
  expect(committer.last).toBeNull();
  broken = false;
  committer.offer(await checkpoint(2));
  await committer.settled(patience());
  expect(committer.last?.entry.ledger.done).toBe(2);
});

it('tells of a newer attempt and commits nothing more', async () => {
  const store = new MemoryStore();
  const { committer, failures } = await committerOn(store);
  await claimJob(store, { submission: 1, batchJobId: null, batchAttempt: null });
  committer.offer(await checkpoint(1));
  await committer.settled(patience());
  expect(failures).toEqual([expect.objectContaining({ code: 'SUPERSEDED' })]);
  expect(await listCommits(store)).toEqual([]);
});

it('tries nothing again that fails by a fault of ours', async () => {
  const { committer, failures, session } = await committerOn(new MemoryStore());
  let commits = 0;
  session.commit = () => {
    commits += 1;
    return Promise.reject(new TypeError("Cannot read properties of undefined (reading 'map')"));
  };
  committer.offer(await checkpoint(1));
  await committer.settled(patience());
  expect(commits).toBe(1);
  expect(failures.map(isOurFault)).toEqual([true]);
});
