import { join } from 'node:path';
import { MemoryStore, retrying } from '@openevolve-aws/object-store';
import { FaultStore, randomFaults, seededRandom } from '@openevolve-aws/object-store/testing';
import { describe, expect, it } from 'vitest';
import {
  claimant,
  commitOf,
  ledger,
  programs,
  temporaryFolder,
  writeTree,
} from '../tests/fixtures.ts';
import { JobLog } from './job-log.ts';
import { listCommits, verifyCommit } from './read-only.ts';
import { claimJob, type Session } from './session.ts';

/** Every kind of entry, one after the other; each is one conditional write. */
async function everyEntry(session: Session, source: string): Promise<void> {
  const commit = await session.commit(commitOf(source, 2));
  await session.appendLedger(ledger(3));
  await session.quarantine(commit.seq, 'for the test');
  await session.stop(75, 'for the test', true);
  await session.end('target', (await session.commit(commitOf(source, 4))).seq, ledger(4));
}

const kinds = ['claim', 'commit', 'ledger', 'quarantine', 'stop', 'commit', 'end'];

async function kindsOf(store: MemoryStore): Promise<(string | undefined)[]> {
  return (await JobLog.open(store)).records.map(({ entry }) => entry?.kind);
}

describe('a conditional write whose reply is lost', () => {
  it.each([1, 2])('%i times ends right, whichever write it is', async (times) => {
    const source = writeTree(join(temporaryFolder(), 'a'), programs(0, 2));
    for (let victim = 1; victim <= kinds.length; victim++) {
      const store = new MemoryStore();
      const key = `commits/${String(victim).padStart(12, '0')}.json`;
      let lost = 0;
      const flaky = new FaultStore(store, (call) =>
        call.key === key && lost++ < times ? 'lose-reply' : null,
      );
      await everyEntry(await claimJob(flaky, claimant), source);
      expect(await kindsOf(store), `entry ${victim}`).toEqual(kinds);
      expect(lost).toBeGreaterThanOrEqual(times);
    }
  });

  it.each([1, 2])('%i times under a store that repeats writes ends right', async (times) => {
    const source = writeTree(join(temporaryFolder(), 'a'), programs(0, 2));
    const store = new MemoryStore();
    const tries = new Map<string, number>();
    const flaky = new FaultStore(store, ({ method, key }) => {
      if (method !== 'putIfAbsent') return null;
      tries.set(key, (tries.get(key) ?? 0) + 1);
      return (tries.get(key) ?? 0) <= times ? 'lose-reply' : null;
    });
    const patient = retrying(flaky, { baseDelayMs: 0.01, maxDelayMs: 0.1 });
    await everyEntry(await claimJob(patient, claimant), source);
    expect(await kindsOf(store)).toEqual(kinds);
  });

  it('and cannot be read back either is UNRESOLVED, and the session goes on', async () => {
    const source = writeTree(join(temporaryFolder(), 'a'), programs(0, 2));
    const store = new MemoryStore();
    const flaky = new FaultStore(store);
    const session = await claimJob(flaky, claimant);
    flaky.plan = ({ method }) => (method === 'put' ? null : 'lose-reply');
    const unresolved = { code: 'UNRESOLVED', permanent: false };
    await expect(session.commit(commitOf(source, 2))).rejects.toMatchObject(unresolved);
    flaky.plan = () => null;
    const commit = await session.commit(commitOf(source, 3));
    // The first one had been applied after all: it is whole, counts, and is older.
    const commits = await listCommits(store);
    expect(commits.map(({ seq }) => seq)).toEqual([2, 3]);
    expect(commits[0]?.pack.key).not.toBe(commit.pack.key);
    for (const one of commits) await verifyCommit(store, one);
    expect(session.state.commits).toEqual(commits);
  });

  it('at random in a whole attempt leaves a log that is right', async () => {
    const source = writeTree(join(temporaryFolder(), 'a'), programs(0, 2));
    const first = Date.now() % 1_000_000;
    for (let seed = first; seed < first + 50; seed++) {
      const store = new MemoryStore();
      const flaky = new FaultStore(store, randomFaults(seededRandom(seed), 0.4));
      const patient = retrying(flaky, { baseDelayMs: 0.01, maxDelayMs: 0.02, attempts: 50 });
      await everyEntry(await claimJob(patient, claimant), source);
      expect(await kindsOf(store), `seed ${seed}`).toEqual(kinds);
    }
  });
});

describe('two live writers', () => {
  it('the older one is SUPERSEDED at whatever it does next, for good, and nothing of it counts', async () => {
    const folder = temporaryFolder();
    const source = writeTree(join(folder, 'a'), programs(0, 2));
    const deeds: Record<string, (session: Session) => Promise<unknown>> = {
      commit: (session) => session.commit(commitOf(source, 5)),
      ledger: (session) => session.appendLedger(ledger(5)),
      quarantine: (session) => session.quarantine(2, 'wrong'),
      stop: (session) => session.stop(75, 'late', true),
      end: (session) => session.end('target', 2, ledger(5)),
      assertNewest: (session) => session.assertNewest(),
    };
    for (const [name, deed] of Object.entries(deeds)) {
      const store = new FaultStore(new MemoryStore());
      const older = await claimJob(store, claimant);
      const kept = await older.commit(commitOf(source, 2));
      const newer = await claimJob(store, claimant);
      const superseded = { code: 'SUPERSEDED', permanent: true };
      await expect(deed(older), name).rejects.toMatchObject(superseded);

      store.calls.length = 0;
      for (const later of Object.values(deeds)) {
        await expect(later(older), name).rejects.toMatchObject(superseded);
      }
      expect(store.calls, name).toEqual([]);
      expect(await listCommits(store), name).toEqual([kept]);
      await newer.assertNewest();
      const { seq } = await newer.commit(commitOf(source, 6));
      expect((await listCommits(store)).map((commit) => commit.seq)).toEqual([kept.seq, seq]);
    }
  });

  it('an older one whose write was under way when the newer claimed is resolved by the store', async () => {
    const folder = temporaryFolder();
    const source = writeTree(join(folder, 'a'), programs(0, 2));
    const store = new MemoryStore();
    const { promise: released, resolve: release } = Promise.withResolvers<void>();
    const { promise: reached, resolve: reach } = Promise.withResolvers<void>();
    const slow = new FaultStore(store, ({ method, key }) => {
      if (method !== 'putIfAbsent' || !key.endsWith('2.json')) return null;
      reach();
      return released;
    });
    const older = await claimJob(slow, claimant);
    const late = older.commit(commitOf(source, 2));
    await reached;
    const newer = await claimJob(store, claimant);
    expect(newer.generation).toBe(2);
    release();
    await expect(late).rejects.toMatchObject({ code: 'SUPERSEDED' });
    expect(await listCommits(store)).toEqual([]);
  });

  it('a claim that loses its place takes the next one, and knows what was written there', async () => {
    const source = writeTree(join(temporaryFolder(), 'a'), programs(0, 2));
    const store = new MemoryStore();
    const older = await claimJob(store, claimant);
    let raced = false;
    const racing = new FaultStore(store);
    const { putIfAbsent } = racing;
    racing.putIfAbsent = async (key, body, options) => {
      if (!raced) {
        raced = true;
        await older.commit(commitOf(source, 2));
      }
      return putIfAbsent(key, body, options);
    };
    const newer = await claimJob(racing, claimant);
    expect(newer.generation).toBe(3);
    expect(newer.state.commits.map(({ seq }) => seq)).toEqual([2]);
  });

  it('stops an older one that finds something unreadable where a claim would be', async () => {
    const store = new MemoryStore();
    const session = await claimJob(store, claimant);
    await store.put('commits/000000000002.json', new TextEncoder().encode('{"version":1,"ki'));
    const stopped = { code: 'DAMAGED', permanent: true };
    await expect(session.appendLedger(ledger(1))).rejects.toMatchObject(stopped);
    await expect(session.appendLedger(ledger(1))).rejects.toMatchObject(stopped);
    // A new attempt passes over it.
    expect((await claimJob(store, claimant)).generation).toBe(3);
  });
});
