import { randomBytes } from 'node:crypto';
import { linkSync, mkdirSync, readdirSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FolderStore, MemoryStore, type ObjectStore, retrying } from '@openevolve-aws/object-store';
import { FaultStore } from '@openevolve-aws/object-store/testing';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import {
  claimant,
  commitOf,
  ledger,
  programs,
  readTree,
  temporaryFolder,
  writeTree,
} from '../tests/fixtures.ts';
import { listCommits, restoreNewest, verifyCommit } from './read-only.ts';
import { claimJob } from './session.ts';

const MIB = 1024 * 1024;

/** A store that counts the bytes that it is given. */
function counting(store: ObjectStore): FaultStore & { uploaded: number } {
  const counter = Object.assign(new FaultStore(store), { uploaded: 0 });
  const { put, putIfAbsent } = counter;
  counter.put = (key, body, options) => {
    counter.uploaded += body.byteLength;
    return put(key, body, options);
  };
  counter.putIfAbsent = (key, body, options) => {
    counter.uploaded += body.byteLength;
    return putIfAbsent(key, body, options);
  };
  return counter;
}

describe.each([
  ['MemoryStore', () => new MemoryStore()],
  ['FolderStore', () => new FolderStore(temporaryFolder())],
] as const)('a session over a %s', (_, makeStore) => {
  it('restores byte for byte what was committed, empty files and nested directories too', async () => {
    const store = makeStore();
    const folder = temporaryFolder();
    const noise = Uint8Array.from({ length: 3 * MIB + 17 }, (_, n) => (n * 2_654_435_761) >>> 23);
    const source = writeTree(join(folder, 'source'), {
      ...programs(0, 40),
      'empty.txt': '',
      'artifacts/one/two/large.bin': noise,
      'artifacts/one/copy.bin': noise,
      'artifacts/näme 😀.txt': 'ünïcode',
      'binary.bin': Uint8Array.from({ length: 256 }, (_, n) => n),
    });
    const first = await claimJob(store, claimant);
    expect(await first.restore(join(folder, 'nothing'))).toEqual({ commit: null, skipped: [] });
    const commit = await first.commit(commitOf(source, 40));

    const second = await claimJob(store, claimant);
    const target = join(folder, 'deep/er/target');
    expect(await second.restore(target)).toEqual({ commit, skipped: [] });
    expect(readTree(target)).toEqual(readTree(source));
    expect(commit.files).toBe(48);
    await verifyCommit(store, commit);
    // The same content twice is stored once: noise of 3 MiB cannot be compressed away.
    expect(commit.pack.bytes).toBeLessThan(2 * noise.byteLength);
  });
});

describe('a session', () => {
  it('commits 10 new files of 1,000 with two PUTs and about the bytes that are new', async () => {
    const store = counting(new MemoryStore());
    const folder = temporaryFolder();
    const session = await claimJob(store, claimant);
    const before = writeTree(join(folder, 'a'), programs(0, 1_000));
    await session.commit(commitOf(before, 1_000));
    const after = writeTree(join(folder, 'b'), programs(0, 1_010));
    store.calls.length = 0;
    store.uploaded = 0;
    const commit = await session.commit(commitOf(after, 1_010));

    expect(store.calls.map(({ method }) => method)).toEqual(['put', 'putIfAbsent']);
    const alone = counting(new MemoryStore());
    const onlyNew = writeTree(join(folder, 'c'), programs(1_000, 1_010));
    await (await claimJob(alone, claimant)).commit(commitOf(onlyNew, 1_010));
    expect(store.uploaded).toBeLessThan(alone.uploaded + 1_000);
    expect(commit.files).toBe(1_013);
    await restoreNewest(store, join(folder, 'restored'));
    expect(readTree(join(folder, 'restored'))).toEqual(readTree(after));
  });

  it('moves content larger than its memory through the disk up, and in bounded reads down', async () => {
    const store = new FaultStore(new MemoryStore());
    const folder = temporaryFolder();
    const large = new Uint8Array(18 * MIB);
    for (let at = 0; at < large.byteLength; at += 65_536) {
      crypto.getRandomValues(large.subarray(at, at + 65_536));
    }
    const source = writeTree(join(folder, 'a'), {
      ...programs(0, 3),
      'artifacts/large.bin': large,
    });
    const session = await claimJob(store, claimant);
    await session.commit(commitOf(source, 3));
    expect(store.calls.map(({ method }) => method).slice(-2)).toEqual(['putStream', 'putIfAbsent']);

    let most = 0;
    const { getRange } = store;
    store.getRange = (key, range, options) => {
      most = Math.max(most, range.length);
      return getRange(key, range, options);
    };
    await session.restore(join(folder, 'restored'));
    expect(readTree(join(folder, 'restored'))).toEqual(readTree(source));
    expect(most).toBeLessThanOrEqual(4 * MIB);
  });

  it('leaves nothing on the disk, also when it is killed while it uploads', async () => {
    const folder = temporaryFolder();
    const noise = randomBytes(6 * MIB);
    const source = writeTree(join(folder, 'source'), { noise });
    const temporary = writeTree(join(folder, 'tmp'), {});
    vi.stubEnv('TMPDIR', temporary);
    onTestFinished(() => void vi.unstubAllEnvs());
    const seen: string[][] = [];
    const store = new FaultStore(new MemoryStore(), ({ method }) => {
      if (method !== 'putStream') return null;
      seen.push(readdirSync(temporary));
      return seen.length === 1 ? 'lose-reply' : null;
    });
    const session = await claimJob(retrying(store, { baseDelayMs: 1 }), claimant);
    const commit = await session.commit(commitOf(source, 1));
    expect(seen).toEqual([[], []]);
    await verifyCommit(store, commit);
  });

  it('stays incremental after a restore in another attempt', async () => {
    const store = counting(new MemoryStore());
    const folder = temporaryFolder();
    const first = await claimJob(store, claimant);
    await first.commit(commitOf(writeTree(join(folder, 'a'), programs(0, 300)), 300));
    const full = store.uploaded;
    const second = await claimJob(store, claimant);
    const { commit: restored } = await second.restore(join(folder, 'restored'));
    store.uploaded = 0;
    const next = writeTree(join(folder, 'b'), programs(0, 303));
    const commit = await second.commit(commitOf(next, 303));
    expect(store.uploaded).toBeLessThan(full / 20);
    expect(commit.parent).toBe(restored?.seq);
    expect(commit.pack.key).toBe('packs/3-1');
    await verifyCommit(store, commit);
  });

  it('restores the right files through many commits that add, change and remove', async () => {
    const store = new MemoryStore();
    const folder = temporaryFolder();
    let session = await claimJob(store, claimant);
    for (let round = 0; round < 60; round++) {
      const source = writeTree(join(folder, `${round}`), programs(round * 2, round * 3 + 5));
      const commit = await session.commit(commitOf(source, round));
      if (round % 10 === 9) {
        const target = join(folder, `restored-${round}`);
        session = await claimJob(store, claimant);
        expect((await session.restore(target)).commit?.seq).toBe(commit.seq);
        expect(readTree(target)).toEqual(readTree(source));
      }
    }
    for (const commit of await listCommits(store)) await verifyCommit(store, commit);
  });

  it('repeats a commit of the same files with one PUT, and both can be restored', async () => {
    const store = counting(new MemoryStore());
    const folder = temporaryFolder();
    const source = writeTree(join(folder, 'a'), programs(0, 20));
    const session = await claimJob(store, claimant);
    const first = await session.commit(commitOf(source, 20));
    store.calls.length = 0;
    const second = await session.commit(commitOf(source, 20));
    expect(store.calls.map(({ method }) => method)).toEqual(['putIfAbsent']);
    expect(second).toMatchObject({ pack: first.pack, parent: first.seq });
    await verifyCommit(store, second);
  });

  it('finds a change that left size and modification time as they were', async () => {
    const store = new MemoryStore();
    const folder = temporaryFolder();
    const source = writeTree(join(folder, 'a'), { 'metadata.json': '{}', 'kept.bin': 'old!' });
    const sameTime = (): void => utimesSync(join(source, 'kept.bin'), 1_000, 1_000);
    sameTime();
    const session = await claimJob(store, claimant);
    await session.commit(commitOf(source, 1));
    writeFileSync(join(source, 'kept.bin'), 'new!');
    sameTime();
    await session.commit(commitOf(source, 2));
    await session.restore(join(folder, 'restored'));
    expect(readTree(join(folder, 'restored'))).toEqual(readTree(source));
  });

  it('refuses links, names that readers would refuse, and files that change while they are read', async () => {
    const store = new MemoryStore();
    const folder = temporaryFolder();
    const session = await claimJob(store, claimant);
    const linked = writeTree(join(folder, 'linked'), programs(0, 2));
    symlinkSync('/etc/passwd', join(linked, 'programs/secret.json'));
    const refused = { code: 'INVALID_CHECKPOINT', permanent: true };
    await expect(session.commit(commitOf(linked, 2))).rejects.toMatchObject(refused);

    for (const name of ['back\\slash', `${'long/'.repeat(110)}name`]) {
      const odd = writeTree(join(folder, `odd-${name.length}`), { [name]: '' });
      await expect(session.commit(commitOf(odd, 2))).rejects.toMatchObject(refused);
    }
    const growing = writeTree(join(folder, 'growing'), {
      'a.bin': new Uint8Array(8 * MIB),
      'b.json': 'finished?',
    });
    const commit = session.commit(commitOf(growing, 2));
    setImmediate(() => writeFileSync(join(growing, 'b.json'), 'not yet finished'));
    await expect(commit).rejects.toMatchObject(refused);
    expect(await listCommits(store)).toEqual([]);
    await session.commit(commitOf(growing, 2));
  });

  it('commits a checkpoint from which files are linked while they are read', async () => {
    const store = new MemoryStore();
    const folder = temporaryFolder();
    const session = await claimJob(store, claimant);
    const source = writeTree(join(folder, 'a'), {
      'a.bin': new Uint8Array(8 * MIB),
      'b.json': '1',
    });
    const commit = session.commit(commitOf(source, 1));
    setImmediate(() => linkSync(join(source, 'b.json'), join(folder, 'b.json')));
    await verifyCommit(store, await commit);
  });

  it('takes hard links and leaves out empty directories', async () => {
    const store = new MemoryStore();
    const folder = temporaryFolder();
    const source = writeTree(join(folder, 'a'), { 'programs/1.json': 'one' });
    linkSync(join(source, 'programs/1.json'), join(source, 'programs/2.json'));
    mkdirSync(join(source, 'nothing'));
    const session = await claimJob(store, claimant);
    await session.commit(commitOf(source, 1));
    await session.restore(join(folder, 'restored'));
    expect(readdirSync(join(folder, 'restored'))).toEqual(['programs']);
    expect(readTree(join(folder, 'restored'))).toEqual(readTree(source));
  });

  it('runs calls one after the other, in the order they were made', async () => {
    const store = new FaultStore(new MemoryStore());
    const folder = temporaryFolder();
    const session = await claimJob(store, claimant);
    const sources = [1, 2, 3].map((n) => writeTree(join(folder, `${n}`), programs(0, n)));
    const [one, spend, two, three] = await Promise.all([
      session.commit(commitOf(sources[0] ?? '', 1)),
      session.appendLedger(ledger(7)),
      session.commit(commitOf(sources[1] ?? '', 2)),
      session.commit(commitOf(sources[2] ?? '', 3)),
    ]);
    expect([one.seq, spend.seq, two.seq, three.seq]).toEqual([2, 3, 4, 5]);
    expect([two.parent, three.parent]).toEqual([2, 4]);
  });

  it('keeps ledger, stop, end and quarantine for the next attempt', async () => {
    const store = new MemoryStore();
    const folder = temporaryFolder();
    const session = await claimJob(store, claimant);
    const older = await session.commit(commitOf(writeTree(join(folder, '1'), programs(0, 1)), 1));
    const newer = await session.commit(commitOf(writeTree(join(folder, '2'), programs(0, 2)), 2));
    await session.appendLedger(ledger(9));
    await session.quarantine(newer.seq, 'it killed two attempts');
    await session.stop(75, 'Spot notice', true);

    const next = await claimJob(store, claimant);
    expect(next.state).toMatchObject({ ledger: { done: 9 }, stop: { exitCode: 75 }, end: null });
    expect(next.state.quarantined).toEqual(new Map([[newer.seq, 'it killed two attempts']]));
    expect((await next.restore(join(folder, 'restored'))).commit?.seq).toBe(older.seq);
    await next.end('target', older.seq, ledger(9));
    expect(next.state.end).toMatchObject({ outcome: 'target', commit: older.seq });
  });

  it('builds nothing on a commit that it has quarantined', async () => {
    const store = new MemoryStore();
    const folder = temporaryFolder();
    const source = writeTree(join(folder, 'a'), programs(0, 5));
    const session = await claimJob(store, claimant);
    const bad = await session.commit(commitOf(source, 5));
    await session.quarantine(bad.seq, 'for the test');
    await store.delete([bad.pack.key]);
    const good = await session.commit(commitOf(source, 5));
    expect(good.parent).toBeNull();
    await verifyCommit(store, good);
  });

  it('refuses values that a reader would refuse, before anything is written', async () => {
    const store = new FaultStore(new MemoryStore());
    const session = await claimJob(store, claimant);
    store.calls.length = 0;
    const refused = { code: 'INVALID_ENTRY', permanent: true };
    await expect(session.stop(999, 'no such code', true)).rejects.toMatchObject(refused);
    const source = writeTree(temporaryFolder(), programs(0, 1));
    const commit = commitOf(source, 1);
    const metrics = { note: 'x'.repeat(1024 * 1024) };
    const best = { id: 'a', generation: 0, iteration: 1, score: 1, metrics };
    await expect(session.commit({ ...commit, best })).rejects.toMatchObject(refused);
    await expect(session.commit({ ...commit, label: 'last' })).rejects.toMatchObject(refused);
    expect(store.calls).toEqual([]);
    expect((await session.stop(75, 'fine', true)).seq).toBe(2);
  });

  it('does not restore over what is there, and restores into an empty directory', async () => {
    const store = new MemoryStore();
    const folder = temporaryFolder();
    const session = await claimJob(store, claimant);
    await session.commit(commitOf(writeTree(join(folder, 'a'), programs(0, 3)), 3));
    const taken = writeTree(join(folder, 'taken'), { 'mine.txt': 'mine' });
    await expect(session.restore(taken)).rejects.toMatchObject({ code: 'TARGET_EXISTS' });
    expect(readdirSync(taken)).toEqual(['mine.txt']);
    const file = session.restore(join(taken, 'mine.txt'));
    await expect(file).rejects.toMatchObject({ code: 'TARGET_EXISTS' });
    const empty = writeTree(join(folder, 'empty'), {});
    await session.restore(empty);
    expect(readTree(empty)).toEqual(readTree(join(folder, 'a')));
  });

  it('starts a restore anew after one that was cut off', async () => {
    const store = new MemoryStore();
    const folder = temporaryFolder();
    const session = await claimJob(store, claimant);
    await session.commit(commitOf(writeTree(join(folder, 'a'), programs(0, 3)), 3));
    writeTree(join(folder, '.target.restoring'), { 'half.json': 'half', 'metadata.json': 'old' });
    await session.restore(join(folder, 'target'));
    expect(readTree(join(folder, 'target'))).toEqual(readTree(join(folder, 'a')));
    expect(readdirSync(folder).sort()).toEqual(['a', 'target']);
  });
});
