import { MemoryStore, type ObjectStore } from '@openevolve-aws/object-store';
import { collect, FaultStore } from '@openevolve-aws/object-store/testing';
import { describe, expect, it } from 'vitest';
import { claimant, ledger } from '../tests/fixtures.ts';
import { JobLog } from './job-log.ts';
import { type LogRecord, replay } from './job-state.ts';
import { parseRecord } from './log-record.ts';
import { claimJob } from './session.ts';

const key = (seq: number): string => `commits/${String(seq).padStart(12, '0')}.json`;

async function logOf(entries: number): Promise<MemoryStore> {
  const store = new MemoryStore();
  const session = await claimJob(store, claimant);
  for (let done = 1; done < entries; done++) await session.appendLedger(ledger(done));
  return store;
}

async function countOf(store: ObjectStore): Promise<number> {
  return (await collect(store.list('commits/'))).length;
}

/** Every entry from the first on, as a reader without prune entries takes it. */
async function wholeLog(store: ObjectStore): Promise<LogRecord[]> {
  const seqs = Array.from({ length: await countOf(store) }, (_, n) => n + 1);
  return Promise.all(seqs.map(async (seq) => parseRecord(seq, await store.get(key(seq)))));
}

/** Rewrites one stored entry, as damage or another program might. */
async function rewrite(store: ObjectStore, seq: number, change: (json: string) => string) {
  const json = new TextDecoder().decode(await store.get(key(seq)));
  await store.put(key(seq), new TextEncoder().encode(change(json)));
}

describe('JobLog', () => {
  it('reads what is new from where it stands, with one GET when nothing is', async () => {
    const store = await logOf(3);
    const counted = new FaultStore(store);
    const log = await JobLog.open(counted);
    expect(log.lastSeq).toBe(3);
    counted.calls.length = 0;
    await log.refresh();
    expect(counted.calls.map((call) => call.method)).toEqual(['get']);

    const session = await claimJob(store, claimant);
    for (let done = 4; done < 80; done++) await session.appendLedger(ledger(done));
    await log.refresh();
    expect(log.lastSeq).toBe(80);
    expect(log.state.ledger?.done).toBe(79);
    expect(log.records.map(({ seq }) => seq)).toEqual(Array.from({ length: 80 }, (_, n) => n + 1));
  });

  it('reads few entries of a long log, and takes them for what all of it says', async () => {
    const store = await logOf(1_000);
    const session = await claimJob(store, claimant);
    await session.stop(75, 'for the test', true);
    const counted = new FaultStore(store);
    const log = await JobLog.open(counted);
    expect(log.lastSeq).toBe(await countOf(store));
    expect(counted.calls.length).toBeLessThan(140);
    expect(log.records.length).toBeLessThan(140);
    expect(log.state).toEqual(replay(await wholeLog(store)));
    expect(log.state.ledger?.done).toBe(999);
  });

  it('follows a log that has grown far, and holds what is needed of it alone', async () => {
    const store = new MemoryStore();
    const session = await claimJob(store, claimant);
    await session.quarantine(1, 'kept for ever');
    const log = await JobLog.open(store);
    for (let done = 1; done < 500; done++) await session.appendLedger(ledger(done));
    await log.refresh();
    expect(log.state).toEqual(replay(await wholeLog(store)));
    expect(log.records.length).toBeLessThan(140);
    expect(session.state).toEqual(log.state);
  });

  it('asks again what an entry is to say for each place that it tries', async () => {
    const store = await logOf(2);
    const log = await JobLog.open(store);
    await (await claimJob(store, claimant)).appendLedger(ledger(5));
    const seen: number[] = [];
    const claim = await log.append(null, () => {
      seen.push(log.lastSeq);
      return { kind: 'claim', ...claimant };
    });
    expect(claim.seq).toBe(5);
    expect(seen).toEqual([2, 3, 4]);
  });

  it.each([
    ['after it as live', { live: [9], dropped: [] }],
    ['itself as dropped', { live: [4], dropped: [5] }],
  ])('passes over a prune entry that names an entry %s', async (_, names) => {
    const store = await logOf(3);
    const session = await claimJob(store, claimant);
    const { at } = session.claim;
    const common = { version: 1, seq: 5, entryId: crypto.randomUUID(), generation: 4, at };
    const prune = { ...common, kind: 'prune', ...names };
    await store.put(key(5), new TextEncoder().encode(JSON.stringify(prune)));
    const { state } = await JobLog.open(store);
    expect(state.ignored.map(({ seq }) => seq)).toEqual([5]);
    expect(state.ledger?.done).toBe(2);
  });

  it('says LOG_GAP when an entry was deleted that a prune entry names as live', async () => {
    const store = await logOf(150);
    const { state } = await JobLog.open(store);
    await store.delete([key(state.live[0] ?? 0)]);
    await expect(JobLog.open(store)).rejects.toMatchObject({ code: 'LOG_GAP' });
  });

  it('does not believe one bad read of an entry', async () => {
    const store = await logOf(4);
    let cut = 0;
    const flaky = new FaultStore(store, ({ method }) =>
      method === 'get' && cut++ === 0 ? 'truncate' : null,
    );
    expect((await JobLog.open(flaky)).state.unreadable).toEqual([]);
  });

  it('counts the entries of a claim that has become unreadable', async () => {
    const store = await logOf(2);
    const session = await claimJob(store, claimant);
    await session.appendLedger(ledger(7));
    await rewrite(store, 3, (json) => json.slice(0, 40));
    const { state } = await JobLog.open(store);
    expect(state.unreadable.map(({ seq }) => seq)).toEqual([3]);
    expect(state.ledger?.done).toBe(7);
  });

  it('says LOG_GAP when an entry was deleted', async () => {
    const store = await logOf(5);
    await store.delete([key(3)]);
    await expect(JobLog.open(store)).rejects.toMatchObject({
      code: 'LOG_GAP',
      permanent: true,
      message: expect.stringContaining(key(3)),
    });
  });

  it('does not read for ever when somebody puts an entry with the highest number', async () => {
    const store = await logOf(2);
    await store.put(key(999_999_999_999), new TextEncoder().encode('{}'));
    await expect(JobLog.open(store)).rejects.toMatchObject({ code: 'LOG_GAP' });
  });

  it('reads an entry that a list missed, since lists are no snapshots', async () => {
    const store = await logOf(5);
    const missing: ObjectStore = Object.assign(new FaultStore(store), {
      async *list(...args: Parameters<ObjectStore['list']>) {
        for await (const object of store.list(...args)) if (object.key !== key(3)) yield object;
      },
    });
    expect((await JobLog.open(missing)).lastSeq).toBe(5);
  });

  it('leaves other objects beside the entries alone', async () => {
    const store = await logOf(2);
    await store.put('commits/notes.txt', new Uint8Array());
    await store.put('commits/3.json', new Uint8Array());
    expect((await JobLog.open(store)).lastSeq).toBe(2);
  });

  it.each([
    ['is cut off', (json: string) => json.slice(0, 40)],
    ['is empty', () => ''],
    ['has a field too few', (json: string) => json.replace('"entryId"', '"other"')],
    ['is a copy of another entry', (json: string) => json.replace('"seq": 3', '"seq": 2')],
    [
      'names a later generation',
      (json: string) => json.replace('"generation": 1', '"generation": 4'),
    ],
    ['is far too large', (json: string) => json + ' '.repeat(2 * 1024 * 1024)],
  ])('passes over an entry that %s, and says which', async (_, change) => {
    const store = await logOf(4);
    await rewrite(store, 3, change);
    const { state } = await JobLog.open(store);
    expect(state.ignored).toEqual([{ seq: 3, reason: expect.stringContaining(key(3)) }]);
    expect(state.ledger?.done).toBe(3);
  });

  it('does not read an object into memory that is larger than any entry', async () => {
    const store = await logOf(4);
    await store.put(key(3), new Uint8Array(1024 * 1024 + 1));
    const watched = new FaultStore(store);
    const { unreadable } = (await JobLog.open(watched)).state;
    expect(unreadable).toEqual([{ seq: 3, reason: expect.stringContaining('larger than any') }]);
    expect(watched.calls.filter((call) => call.key === key(3))).toEqual([]);
  });

  it('lets nobody write to a log that a newer release wrote to', async () => {
    const store = await logOf(4);
    await rewrite(store, 3, (json) => json.replace('"version": 1', '"version": 2'));
    const refused = { code: 'UNKNOWN_VERSION', permanent: true };
    await expect(claimJob(store, claimant)).rejects.toMatchObject(refused);
    const { records } = await JobLog.open(store);
    expect(records).toHaveLength(4);
    expect(records[2]?.problem).toMatchObject(refused);
  });

  it('lets nobody write to a log that a newer release writes to while it is claimed', async () => {
    const store = await logOf(2);
    const foreign = new TextEncoder().encode(JSON.stringify({ version: 2, seq: 3 }));
    let claims = 0;
    const meanwhile = new FaultStore(store, ({ method }) =>
      method === 'putIfAbsent' && claims++ === 0 ? store.put(key(3), foreign) : null,
    );
    const claim = claimJob(meanwhile, claimant);
    await expect(claim).rejects.toMatchObject({ code: 'UNKNOWN_VERSION' });
  });

  it('does not count an entry of a generation that has been superseded', async () => {
    const store = await logOf(2);
    await claimJob(store, claimant);
    const forged = new TextDecoder().decode(await store.get(key(2)));
    const stale = forged.replace('"seq": 2', '"seq": 4').replace('"done": 1', '"done": 2');
    await store.put(
      key(4),
      new TextEncoder().encode(
        stale
          .replace('"candidates": 1', '"candidates": 2')
          .replace('"lastIteration": 1', '"lastIteration": 2'),
      ),
    );
    const { state } = await JobLog.open(store);
    expect(state.ignored.map(({ seq }) => seq)).toEqual([4]);
    expect(state.ledger?.done).toBe(1);
  });
});
