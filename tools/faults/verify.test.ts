import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { claimJob } from '@openevolve-aws/checkpoint-sync';
import { emptyLedger } from '@openevolve-aws/job-spec';
import { MemoryStore } from '@openevolve-aws/object-store';
import { expect, it, onTestFinished } from 'vitest';
import { Random } from '../kill/random.ts';
import { digest, evolve, type Tree, writeTree } from './checkpoint-tree.ts';
import { History } from './history.ts';
import { verifyLife, verifyStore } from './verify.ts';

/** A job with a claim at 1 and acknowledged commits at 2, 3 and 4. */
async function job() {
  const folder = await mkdtemp(join(tmpdir(), 'verify-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const store = new MemoryStore();
  const history = new History();
  const random = new Random(1);
  const session = await claimJob(store, { submission: 1, batchJobId: null, batchAttempt: null });
  let tree: Tree = new Map();
  const packBytes: number[] = [];
  for (const number of [1, 2, 3]) {
    tree = evolve(tree, String(number), random);
    const directory = join(folder, String(number));
    await writeTree(directory, tree);
    const ledger = { ...emptyLedger(10), done: number, candidates: number, lastIteration: number };
    const commit = { label: `checkpoint_${number}`, reason: 'timer', ledger };
    history.add({ event: 'committing', digest: digest(tree) });
    const { seq, generation, pack } = await session.commit({
      ...commit,
      directory,
      initial: null,
      best: null,
      earlyStopping: null,
    });
    history.add({ event: 'committed', digest: digest(tree), seq, generation });
    packBytes.push(pack.bytes);
  }
  const verify = async () =>
    (await verifyStore(store, history, join(folder, 'read'), random)).wrong;
  return { store, history, verify, tree, packBytes };
}

it('finds nothing wrong with what is as the writers said', async () => {
  const { verify } = await job();
  expect(await verify()).toEqual([]);
});

it('is tried on checkpoints with a file that is stored as a difference', async () => {
  const { tree, packBytes } = await job();
  expect(tree.get('notes.txt')?.length).toBeGreaterThan(40_000);
  expect(packBytes[0]).toBeGreaterThan(20_000);
  expect(packBytes[2]).toBeLessThan(12_000);
});

it('finds an acknowledged commit that is lost', async () => {
  const { store, verify } = await job();
  await store.delete(['commits/000000000004.json']);
  expect(await verify()).toContainEqual(expect.stringContaining('4 was acknowledged'));
});

it('finds a gap in the log', async () => {
  const { store, history, verify } = await job();
  const last = 'commits/000000000004.json';
  const entry = JSON.parse(Buffer.from(await store.get(last)).toString());
  await store.put(last, Buffer.from(JSON.stringify({ ...entry, seq: 5 })));
  expect(history.lastBefore(5)).toBe(4);
  expect(await verify()).toContainEqual('the log has 5 at place 4');
});

it('finds an acknowledged commit that was damaged', async () => {
  const { store, verify } = await job();
  for await (const { key } of store.list('packs/')) await store.put(key, Buffer.from('damaged'));
  expect(await verify()).toContainEqual(expect.stringContaining('passed over'));
});

it('finds a checkpoint that is not the one that was acknowledged, or that nobody made', async () => {
  const { history, verify } = await job();
  const [first, second, third] = history.acknowledged;
  history.acknowledged.splice(0, 3);
  for (const one of [first, second, third]) {
    if (one) history.add({ ...one, event: 'committed', digest: 'another' });
  }
  expect(await verify()).toContainEqual(
    'a reader restored 4, and it is not what was acknowledged there',
  );
  history.acknowledged.splice(0, 3);
  history.attempted.clear();
  expect(await verify()).toContainEqual('a reader restored 4, which no writer has made');
});

it('finds a commit that was acknowledged after a newer claim', async () => {
  const { store, history, verify } = await job();
  await claimJob(store, { submission: 1, batchJobId: null, batchAttempt: null });
  history.add({ event: 'committed', digest: 'x', seq: 6, generation: 1 });
  expect(await verify()).toContain('commit 6 of 1 was acknowledged after the claim of 5');
});

it('finds a writer that restored an old commit, one that passed over some, one that hung, and one that was misled', async () => {
  const { history } = await job();
  const restored = { event: 'restored', seq: 3, digest: 'x', skipped: ['damaged'] } as const;
  const wrong = verifyLife(
    {
      name: 'a',
      reports: [
        { event: 'claimed', generation: 5 },
        restored,
        { event: 'failed', code: 'SUPERSEDED', message: 'newer' },
        { event: 'failed', code: 'NOT_FOUND', message: 'missing' },
      ],
      faults: [],
      killed: 'none',
      problem: 'it hung',
      late: Promise.resolve(),
    },
    history,
  );
  expect(wrong).toEqual([
    'a: it hung',
    'a restored 3 though 4 was acknowledged before its claim',
    'a restored 3, and it is not what was acknowledged there',
    'a passed over: damaged',
    'a was told NOT_FOUND, though all faults pass: missing',
  ]);
});
