import { join } from 'node:path';
import type { CommitEntry } from '@openevolve-aws/job-spec';
import { MemoryStore, type ObjectStore } from '@openevolve-aws/object-store';
import { collect, FaultStore } from '@openevolve-aws/object-store/testing';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import {
  claimant,
  commitOf,
  programs,
  readTree,
  temporaryFolder,
  writeTree,
} from '../tests/fixtures.ts';
import { exportPlain } from './export-plain.ts';
import { listCommits, restoreNewest, verifyCommit } from './read-only.ts';
import { restoreCommit } from './restore.ts';
import { claimJob, type Session, type Upkeep } from './session.ts';

/** The queue of a session is empty once this has had its turn. */
const settled = (session: Session): Promise<void> => session.assertNewest();

/** Commits checkpoints that have nothing in common, so that each pack is named by one commit. */
async function commitEach(session: Session, folder: string, from: number, to: number) {
  const commits: CommitEntry[] = [];
  for (let n = from; n < to; n++) {
    const source = writeTree(join(folder, `${n}`), programs(n * 2, n * 2 + 2));
    commits.push(await session.commit(commitOf(source, 1)));
    await settled(session);
  }
  return commits;
}

async function keysOf(store: ObjectStore, prefix: string): Promise<string[]> {
  return (await collect(store.list(prefix))).map(({ key }) => key);
}

async function packsOf(store: ObjectStore): Promise<string[]> {
  return (await keysOf(store, 'packs/')).sort();
}

async function expectOnlyKept(store: ObjectStore): Promise<void> {
  const commits = await listCommits(store);
  for (const commit of commits) await verifyCommit(store, commit);
  expect(await packsOf(store)).toEqual(commits.map(({ pack }) => pack.key).sort());
}

describe('pruning', () => {
  it('drops ten commits with their packs at once, after a commit that has returned', async () => {
    const store = new FaultStore(new MemoryStore());
    const folder = temporaryFolder();
    const events: Upkeep[] = [];
    const session = await claimJob(store, claimant, { onUpkeep: (event) => events.push(event) });
    await commitEach(session, folder, 0, 19);
    expect(events).toEqual([]);
    expect(await listCommits(store)).toHaveLength(19);

    store.calls.length = 0;
    const source = writeTree(join(folder, 'last'), programs(900, 902));
    await session.commit(commitOf(source, 1));
    const ordinary = store.calls.map(({ method }) => method).slice(0, 2);
    await settled(session);
    expect(ordinary).toEqual(['put', 'putIfAbsent']);
    expect(store.calls.map(({ method }) => method).slice(2)).toEqual([
      'putIfAbsent',
      'list',
      'delete',
      'get',
    ]);
    const dropped = [2, 3, 4, 5, 6, 7, 8, 9, 10, 11];
    const deleted = dropped.map((seq) => `packs/1-${seq - 1}`).sort();
    expect(events).toEqual([{ kind: 'pruned', dropped, deleted, unreadable: [] }]);
    expect((await listCommits(store)).map(({ seq }) => seq)).toEqual([
      12, 13, 14, 15, 16, 17, 18, 19, 20, 21,
    ]);
    await expectOnlyKept(store);
  });

  it('keeps what is restored and what is built on, however many commits there are since', async () => {
    const store = new MemoryStore();
    const folder = temporaryFolder();
    const [first] = await commitEach(await claimJob(store, claimant), folder, 0, 1);
    const session = await claimJob(store, claimant);
    await session.restore(join(folder, 'restored'));
    await commitEach(session, folder, 1, 30);
    const kept = await listCommits(store);
    expect(kept.length).toBeLessThan(25);
    expect(kept[0]).toEqual(first);
    await verifyCommit(store, kept[0] ?? expect.fail());
  });

  it('deletes what dead writers left and no commit names, and nothing of a newer one', async () => {
    const store = new MemoryStore();
    const folder = temporaryFolder();
    const dead = await claimJob(store, claimant);
    await commitEach(dead, folder, 0, 1);
    await store.put('packs/1-7', new Uint8Array(3));
    await store.put('packs/999-1', new Uint8Array(3));
    await store.put('packs/notes.txt', new Uint8Array(3));
    const session = await claimJob(store, claimant);
    await session.restore(join(folder, 'restored'));
    await commitEach(session, folder, 1, 22);
    const packs = await packsOf(store);
    expect(packs).toEqual(expect.arrayContaining(['packs/1-1', 'packs/999-1', 'packs/notes.txt']));
    expect(packs).not.toContain('packs/1-7');
  });

  it.each(['refuse', 'lose-reply', 'die-before', 'die-after'] as const)(
    'that is cut off by "%s" at any call fails no commit, and is made good by the next one',
    async (fault) => {
      const folder = temporaryFolder();
      // The entry, the list and the deletion.
      for (const cut of [0, 1, 2]) {
        const store = new MemoryStore();
        const failures: Upkeep[] = [];
        const flaky = new FaultStore(store);
        const onUpkeep = (event: Upkeep) => event.kind === 'failed' && failures.push(event);
        const session = await claimJob(flaky, claimant, { onUpkeep });
        const committed = await commitEach(session, folder, 0, 19);
        let done = -2;
        flaky.plan = () => (done++ === cut ? fault : null);
        const source = writeTree(join(folder, 'last'), programs(900, 902));
        committed.push(await session.commit(commitOf(source, 1)));
        await settled(session).catch(() => undefined);
        for (const commit of await listCommits(store)) await verifyCommit(store, commit);
        expect((await listCommits(store)).at(-1)).toEqual(committed.at(-1));
        // An entry that was refused, or whose reply was lost, is put again at once.
        expect(failures).toHaveLength(cut === 0 && !fault.startsWith('die') ? 0 : 1);
        const heir = await claimJob(store, claimant);
        await heir.restore(join(folder, `heir-${fault}-${cut}`));
        await commitEach(heir, folder, 20, 31);
        await expectOnlyKept(store);
      }
    },
  );

  it('waits until it is known what every kept commit names, and gives up one that stays unreadable', async () => {
    const store = new MemoryStore();
    const folder = temporaryFolder();
    const old = await claimJob(store, claimant);
    const best = { id: 'a', iteration: 1, score: 1, metrics: {} };
    const source = writeTree(join(folder, 'best'), programs(900, 902));
    const lost = await old.commit({ ...commitOf(source, 1), best });
    await commitEach(old, folder, 0, 1);
    await store.delete([lost.pack.key]);

    const events: Upkeep[] = [];
    const session = await claimJob(store, claimant, { onUpkeep: (event) => events.push(event) });
    await session.restore(join(folder, 'restored'));
    await commitEach(session, folder, 1, 21);
    const unreadable = [{ seq: lost.seq, reason: expect.stringContaining(lost.pack.key) }];
    expect(events).toMatchObject([{ kind: 'pruned', deleted: [], unreadable }]);
    expect(await listCommits(store)).toContainEqual(lost);
    await commitEach(session, folder, 21, 31);
    expect(events).toMatchObject([{}, { kind: 'pruned', unreadable: [] }]);
    expect(session.state.quarantined.get(lost.seq)).toContain(lost.pack.key);
    await expectOnlyKept(store);
  });

  it('is cut off when it keeps a commit waiting, and goes on later', async () => {
    const store = new MemoryStore();
    const folder = temporaryFolder();
    const hanging = new FaultStore(store);
    const list = hanging.list;
    let hangs = true;
    hanging.list = async function* (prefix, options) {
      if (prefix === 'packs/' && hangs) {
        await new Promise((_, reject) => {
          options?.signal?.addEventListener('abort', () => reject(options.signal?.reason));
        });
      }
      yield* list(prefix, options);
    };
    const events: Upkeep[] = [];
    const session = await claimJob(hanging, claimant, { onUpkeep: (event) => events.push(event) });
    await commitEach(session, folder, 0, 21);
    expect(events).toMatchObject([{ kind: 'failed', task: 'pruning' }]);
    hangs = false;
    await commitEach(session, folder, 21, 31);
    await expectOnlyKept(store);
  });
});

describe('a commit that is pruned after it was listed', () => {
  it('is told apart from a damaged one', async () => {
    const store = new MemoryStore();
    const folder = temporaryFolder();
    const session = await claimJob(store, claimant);
    const [first] = await commitEach(session, folder, 0, 21);
    if (!first) return expect.fail();
    const pruned = { code: 'PRUNED', message: expect.stringContaining('Commit 2 (checkpoint_1)') };
    await expect(verifyCommit(store, first)).rejects.toMatchObject(pruned);
    await expect(exportPlain(store, first)).rejects.toMatchObject(pruned);
    const target = join(folder, 'restored');
    await expect(restoreCommit(store, first, target)).rejects.toMatchObject(pruned);
    const kept = (await listCommits(store))[0] ?? expect.fail();
    await store.delete([kept.pack.key]);
    await expect(verifyCommit(store, kept)).rejects.toMatchObject({ code: 'MISSING' });
  });

  /** The first read of a commit goes wrong, and it is pruned right before the second. */
  async function prunedBetweenReads() {
    const store = new MemoryStore();
    const folder = temporaryFolder();
    const session = await claimJob(store, claimant);
    const [first] = await commitEach(session, folder, 0, 1);
    if (!first) return expect.fail();
    let reads = 0;
    const reader = new FaultStore(store, ({ method, key }) => {
      if (method !== 'getRange' || key !== first.pack.key) return null;
      reads += 1;
      if (reads === 1) return 'truncate';
      return reads === 2 ? commitEach(session, folder, 1, 31).then(() => undefined) : null;
    });
    return { reader, first, target: join(folder, 'restored') };
  }

  it('is not taken for damaged, though an earlier read of it went wrong', async () => {
    const { reader, first } = await prunedBetweenReads();
    await expect(verifyCommit(reader, first)).rejects.toMatchObject({ code: 'PRUNED' });
  });

  it('is not named among those that a restore passed over as damaged', async () => {
    const { reader, first, target } = await prunedBetweenReads();
    const { commit, skipped } = await restoreNewest(reader, target);
    expect(skipped).toEqual([]);
    expect(commit?.seq).toBeGreaterThan(first.seq);
  });
});

describe('compaction', () => {
  /** A checkpoint of which most is replaced by the next one. */
  const tree = (n: number) => ({ ...programs(0, 3), ...programs(10 * n, 10 * n + 9) });

  it('lets go of packs of which little is live, and what is restored stays the same', async () => {
    const store = new MemoryStore();
    const folder = temporaryFolder();
    const session = await claimJob(store, claimant);
    for (let n = 1; n < 60; n++) {
      const source = writeTree(join(folder, `${n}`), tree(n));
      const commit = await session.commit(commitOf(source, n));
      await settled(session);
      if (n % 9 > 0) continue;
      const target = join(folder, `restored-${n}`);
      expect((await restoreNewest(store, target)).commit).toEqual(commit);
      expect(readTree(target)).toEqual(readTree(source));
    }
    const sizes = (await collect(store.list('packs/'))).map(({ bytes }) => bytes);
    const alone = new MemoryStore();
    await (await claimJob(alone, claimant)).commit(commitOf(join(folder, '59'), 59));
    const [whole] = await collect(alone.list('packs/'));
    // Kept are ten and a few commits, each of which needs at most twice its own content.
    const stored = sizes.reduce((sum, bytes) => sum + bytes, 0);
    expect(stored).toBeLessThan(2 * 22 * (whole?.bytes ?? 0));
  });

  it('keeps what was pinned, also for the next session', async () => {
    const store = new MemoryStore();
    const folder = temporaryFolder();
    const session = await claimJob(store, claimant);
    const source = writeTree(join(folder, 'pinned'), programs(500, 502));
    const pinned = await session.commit({ ...commitOf(source, 1), pinned: true });
    await commitEach(session, folder, 0, 20);
    await settled(session);
    const next = await claimJob(store, claimant);
    await next.restore(join(folder, 'restored'));
    await commitEach(next, folder, 20, 40);
    await settled(next);
    expect((await listCommits(store)).map(({ seq }) => seq)[0]).toBe(pinned.seq);
    await verifyCommit(store, pinned);
  });

  it('goes on when its listener throws', async () => {
    const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    onTestFinished(() => warned.mockRestore());
    const folder = temporaryFolder();
    const flaky = new FaultStore(new MemoryStore());
    const session = await claimJob(flaky, claimant, {
      onUpkeep: ({ kind }) => {
        throw new Error(`no ear for ${kind}`);
      },
    });
    await commitEach(session, folder, 0, 20);
    await settled(session);
    flaky.plan = ({ method }) => (method === 'list' ? 'refuse' : null);
    await commitEach(session, folder, 20, 30);
    await settled(session);
    const told = warned.mock.calls.map(([text]) => /no ear for \w+/.exec(String(text))?.[0]);
    expect(told).toEqual(['no ear for pruned', 'no ear for failed']);
  });

  it('builds on no manifest in a pack that it lets go of', async () => {
    const store = new MemoryStore();
    const folder = temporaryFolder();
    const session = await claimJob(store, claimant);
    const numbered = (count: number, of: string) =>
      Object.fromEntries(Array.from({ length: count }, (_, n) => [`${of}/${n}`, `${of} ${n}`]));
    // Its pack has too much live content to be written anew.
    const first = { large: new Uint8Array(65 * 1024 * 1024), ...numbered(100, 'first') };
    const second = { ...first, ...numbered(60, 'second') };
    const third = { ...first, 'second/0': 'second 0' };
    const commits = [];
    for (const [n, one] of [first, second, third, { ...third, last: '' }].entries()) {
      const source = writeTree(join(folder, `${n}`), one);
      commits.push(await session.commit(commitOf(source, n)));
    }
    const [, garbage, , last] = commits;
    if (!garbage || !last) return expect.fail();
    await store.delete([garbage.pack.key]);
    await verifyCommit(store, last);
  });

  it('that cannot be written is told, and the commit is made without', async () => {
    const store = new MemoryStore();
    const folder = temporaryFolder();
    const events: Upkeep[] = [];
    const full = new FaultStore(store);
    const session = await claimJob(full, claimant, { onUpkeep: (event) => events.push(event) });
    await session.commit(commitOf(writeTree(join(folder, '1'), tree(1)), 1));
    await session.commit(commitOf(writeTree(join(folder, '2'), programs(0, 3)), 2));
    let puts = 0;
    full.plan = ({ method }) => (method === 'put' && puts++ === 0 ? 'refuse' : null);
    const source = writeTree(join(folder, '3'), programs(0, 4));
    const commit = await session.commit(commitOf(source, 3));
    expect(events).toMatchObject([{ kind: 'failed', task: 'compaction' }]);
    expect(puts).toBe(2);
    await restoreNewest(store, join(folder, 'restored'));
    expect(readTree(join(folder, 'restored'))).toEqual(readTree(source));
    await verifyCommit(store, commit);
  });
});
