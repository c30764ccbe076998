import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { CommitEntry } from '@openevolve-aws/job-spec';
import { MemoryStore } from '@openevolve-aws/object-store';
import { FaultStore } from '@openevolve-aws/object-store/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  claimant,
  commitOf,
  programs,
  readTree,
  temporaryFolder,
  writeTree,
} from '../tests/fixtures.ts';
import { listCommits, restoreNewest, verifyCommit } from './read-only.ts';
import { restoreCommit } from './restore.ts';
import { claimJob } from './session.ts';

/** Two commits, the second of which builds on the first. */
async function twoCommits() {
  const store = new MemoryStore();
  const folder = temporaryFolder();
  const sources = [20, 24].map((n) => writeTree(join(folder, `${n}`), programs(0, n)));
  const session = await claimJob(store, claimant);
  const older = await session.commit(commitOf(sources[0] ?? '', 20));
  const newer = await session.commit(commitOf(sources[1] ?? '', 24));
  return { store, folder, older, newer, olderTree: readTree(sources[0] ?? '') };
}

async function flip(store: MemoryStore, key: string, offset: number): Promise<void> {
  const body = await store.get(key);
  body[offset] = (body[offset] ?? 0) ^ 0x10;
  await store.put(key, body);
}

async function expectOlder(
  { store, folder, older, olderTree }: Awaited<ReturnType<typeof twoCommits>>,
  reason: string,
): Promise<void> {
  const target = join(folder, 'restored');
  const { commit, skipped } = await restoreNewest(store, target);
  expect(commit).toEqual(older);
  expect(skipped).toEqual([
    { seq: 3, label: 'checkpoint_24', reason: expect.stringContaining(reason) },
  ]);
  expect(readTree(target)).toEqual(olderTree);
}

describe('restore', () => {
  it('names a missing pack and uses the older commit', async () => {
    const world = await twoCommits();
    await world.store.delete([world.newer.pack.key]);
    await expectOlder(world, 'packs/1-2 is gone');
  });

  it('names a pack that is cut off and uses the older commit', async () => {
    const world = await twoCommits();
    const body = await world.store.get(world.newer.pack.key);
    await world.store.put(world.newer.pack.key, body.subarray(0, body.byteLength - 1));
    await expectOlder(world, 'packs/1-2 is damaged: it is too short');
  });

  it('names a pack with a flipped bit in its content and uses the older commit', async () => {
    const world = await twoCommits();
    await flip(world.store, world.newer.pack.key, 500);
    await expectOlder(world, 'packs/1-2 is damaged');
  });

  it('names a manifest with a flipped bit and uses the older commit', async () => {
    const world = await twoCommits();
    const { offset, length } = world.newer.pack.manifest;
    await flip(world.store, world.newer.pack.key, offset + Math.floor(length / 2));
    await expectOlder(world, 'its manifest does not have the hash');
  });

  it('finds every single flipped bit of a pack that could change a file', async () => {
    const { store, folder, newer } = await twoCommits();
    const { key, manifest } = newer.pack;
    const good = await store.get(key);
    for (let offset = 0; offset < manifest.offset + manifest.length; offset += 97) {
      await flip(store, key, offset);
      const outcome = await verifyCommit(store, newer).then(
        () => 'verified',
        (error: { code?: string }) => error.code,
      );
      if (outcome === 'verified') {
        // Only bytes of a block's gzip header that carry no content, such as the time, may differ.
        const target = join(folder, `flip-${offset}`);
        expect((await restoreNewest(store, target)).commit).toEqual(newer);
        expect(readTree(target)).toEqual(readTree(join(folder, '24')));
      } else expect(outcome, `offset ${offset}`).toBe('DAMAGED');
      await store.put(key, good);
    }
  });

  it('has nothing to restore when all is damaged, says so of each, and leaves no directory', async () => {
    const { store, folder, older, newer } = await twoCommits();
    await store.delete([older.pack.key]);
    const target = join(folder, 'restored');
    const { commit, skipped } = await restoreNewest(store, target);
    expect(commit).toBeNull();
    expect(skipped.map(({ seq }) => seq)).toEqual([newer.seq, older.seq]);
    expect(skipped.every(({ reason }) => reason.includes(older.pack.key))).toBe(true);
    expect(existsSync(target)).toBe(false);
  });

  it('passes over an entry with a flipped bit', async () => {
    const world = await twoCommits();
    await flip(world.store, 'commits/000000000003.json', 2);
    const restored = await restoreNewest(world.store, join(world.folder, 'restored'));
    const unreadable = [{ seq: 3, reason: expect.stringContaining('commits/000000000003.json') }];
    expect(restored).toEqual({ commit: world.older, skipped: [], unreadable });
  });

  it('does not pass over an entry of a newer release, also one that comes meanwhile', async () => {
    const { store, folder, newer } = await twoCommits();
    const target = join(folder, 'restored');
    const foreign = Buffer.from(JSON.stringify({ version: 2, seq: 4 }));
    const unknown = { code: 'UNKNOWN_VERSION', message: expect.stringContaining('4') };
    const meanwhile = new FaultStore(store, ({ method }) =>
      method === 'getRange'
        ? Promise.all([
            store.put('commits/000000000004.json', foreign),
            store.delete([newer.pack.key]),
          ]).then(() => undefined)
        : null,
    );
    await expect(restoreNewest(meanwhile, target)).rejects.toMatchObject(unknown);
    await expect(restoreNewest(store, target)).rejects.toMatchObject(unknown);
    await expect(listCommits(store)).rejects.toMatchObject(unknown);
    expect(existsSync(target)).toBe(false);
  });

  it('passes over quarantined and pruned commits', async () => {
    const { store, folder, older, newer } = await twoCommits();
    const session = await claimJob(store, claimant);
    await session.quarantine(newer.seq, 'it killed two attempts');
    expect(await listCommits(store)).toEqual([older]);
    const prune = {
      version: 1,
      seq: 6,
      entryId: crypto.randomUUID(),
      generation: session.generation,
      at: new Date().toISOString(),
      kind: 'prune',
      dropped: [older.seq],
      live: [5, 4],
    };
    await store.put('commits/000000000006.json', Buffer.from(JSON.stringify(prune)));
    expect(await listCommits(store)).toEqual([]);
    expect(await restoreNewest(store, join(folder, 'restored'))).toEqual({
      commit: null,
      skipped: [],
      unreadable: [],
    });
  });

  it('does not believe one bad read', async () => {
    const { store, folder, newer } = await twoCommits();
    let cut = 0;
    const flaky = new FaultStore(store, ({ method }) =>
      method === 'getRange' && cut++ === 0 ? 'truncate' : null,
    );
    const { commit, skipped } = await restoreNewest(flaky, join(folder, 'restored'));
    expect({ commit, skipped }).toEqual({ commit: newer, skipped: [] });
  });

  it('of one commit, or a check of it, does not believe one bad read either', async () => {
    const { store, folder, newer } = await twoCommits();
    for (const read of [
      (flaky: FaultStore) => verifyCommit(flaky, newer),
      (flaky: FaultStore) => restoreCommit(flaky, newer, join(folder, 'restored')),
    ]) {
      let cut = 0;
      const flaky = new FaultStore(store, ({ method }) =>
        method === 'getRange' && cut++ === 0 ? 'truncate' : null,
      );
      await read(flaky);
      expect(cut).toBeGreaterThan(1);
    }
  });

  it('does not fall back because the store is away', async () => {
    const { store, folder } = await twoCommits();
    const away = new FaultStore(store, ({ method }) => (method === 'getRange' ? 'refuse' : null));
    await expect(restoreNewest(away, join(folder, 'restored'))).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      permanent: false,
    });
  });

  it('of a claimant is SUPERSEDED, not damaged, when a newer writer has taken over and pruned', async () => {
    const { store, folder, older, newer } = await twoCommits();
    const claimed = await claimJob(store, claimant);
    await claimJob(store, claimant);
    await store.delete([newer.pack.key, older.pack.key]);
    await expect(claimed.restore(join(folder, 'restored'))).rejects.toMatchObject({
      code: 'SUPERSEDED',
    });
  });

  it('of a reader goes on to the newer commit when the one that it had was pruned', async () => {
    const { store, folder } = await twoCommits();
    const source = writeTree(join(folder, '30'), programs(24, 30));
    let latest: CommitEntry | null = null;
    const pruning = new FaultStore(store);
    pruning.plan = ({ method }) => {
      if (method !== 'getRange' || latest) return null;
      return (async () => {
        const session = await claimJob(store, claimant);
        latest = await session.commit(commitOf(source, 30));
        await store.delete(['packs/1-1', 'packs/1-2']);
      })();
    };
    const { commit, skipped } = await restoreNewest(pruning, join(folder, 'restored'));
    expect({ commit, skipped }).toEqual({ commit: latest, skipped: [] });
    onTestFinished(() => expect(latest).not.toBeNull());
  });
});
