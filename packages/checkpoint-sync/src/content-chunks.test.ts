import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { MemoryStore } from '@openevolve-aws/object-store';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { claimant, commitOf, readTree, temporaryFolder, writeTree } from '../tests/fixtures.ts';
import { cutChunks, MOST_EXTENTS } from './content-chunks.ts';
import { readCheckpoint } from './read-checkpoint.ts';
import { listCommits, restoreNewest, verifyCommit } from './read-only.ts';
import { claimJob, type Session } from './session.ts';

const KIB = 1024;
const MIB = 1024 * KIB;

/** The ids of a population, as OpenEvolve's metadata lists them: they cannot be compressed much. */
function ids(from: number, to: number): string[] {
  return Array.from({ length: to - from }, (_, n) =>
    createHash('sha256')
      .update(`${from + n}`)
      .digest('hex'),
  );
}

const commit = (session: Session, directory: string, done: number) =>
  session.commit({ ...commitOf(directory, done), fullCheck: true });

it('chunks are the content, and none is smaller or larger than it may be but the last', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 * KIB, size: 'max' }), (content) => {
      const chunks = [...cutChunks(content)];
      expect(Buffer.concat(chunks).equals(content)).toBe(true);
      for (const chunk of chunks) expect(chunk.byteLength).toBeLessThanOrEqual(4 * KIB);
      for (const chunk of chunks.slice(0, -1)) expect(chunk.byteLength).toBeGreaterThanOrEqual(256);
    }),
  );
});

it('what is inserted leaves all chunks but those around it as they were', () => {
  const content = Buffer.from(ids(0, 4_000).join());
  const at = 100_000;
  const changed = Buffer.concat([
    content.subarray(0, at),
    Buffer.from('new'),
    content.subarray(at),
  ]);
  const known = new Set([...cutChunks(content)].map((chunk) => chunk.toString()));
  const fresh = [...cutChunks(changed)].filter((chunk) => !known.has(chunk.toString()));
  expect(known.size).toBeGreaterThan(60);
  expect(fresh.length).toBeLessThanOrEqual(4);
});

it('a large file of which little changes costs little, and comes back byte for byte', async () => {
  const folder = temporaryFolder();
  const store = new MemoryStore();
  const session = await claimJob(store, claimant);
  const list = ids(0, 4_000);
  const tree = (round: number) => ({
    'metadata.json': JSON.stringify(list),
    'round.txt': `${round}`,
  });
  const first = await commit(session, writeTree(join(folder, '0'), tree(0)), 0);
  expect(first.pack.bytes).toBeGreaterThan(120 * KIB);
  for (let round = 1; round <= 30; round++) {
    // Into the middle, as into a set, and at the end, as onto a list.
    list.splice((round * 1_237) % list.length, 0, ...ids(10_000 + round, 10_001 + round));
    list.push(...ids(20_000 + round, 20_001 + round));
    const { pack } = await commit(session, writeTree(join(folder, `${round}`), tree(round)), round);
    expect(pack.bytes).toBeLessThan(8 * KIB);
  }
  await restoreNewest(store, join(folder, 'restored'));
  expect(readTree(join(folder, 'restored'))).toEqual(readTree(join(folder, '30')));
});

/** Bytes that cannot be compressed, the same for the same seed. */
function noise(seed: string, bytes: number): Buffer {
  return createHash('shake256', { outputLength: bytes }).update(seed).digest();
}

/** The same with one byte inserted in the middle. */
function altered(content: Uint8Array): Buffer {
  const middle = content.byteLength >> 1;
  return Buffer.concat([content.subarray(0, middle), Buffer.of(7), content.subarray(middle)]);
}

/** How many bytes in how many extents, by path, of the newest commit; all of it is verified. */
async function extentsOfNewest(store: MemoryStore): Promise<Record<string, number>> {
  const newest = (await listCommits(store)).at(-1);
  if (!newest) throw new Error('There is no commit.');
  await verifyCommit(store, newest);
  const { listing } = await readCheckpoint(store, newest);
  return Object.fromEntries(
    [...listing.values()].map(({ path, extents }) => [path, extents.length]),
  );
}

describe('files in several extents are no more than readers take', () => {
  it('when one of them is copied', async () => {
    const folder = temporaryFolder();
    const store = new MemoryStore();
    const session = await claimJob(store, claimant);
    const old = noise('a', 10 * MIB);
    await commit(session, writeTree(join(folder, '0'), { a: old }), 0);
    const tree = { a: altered(old) };
    await commit(session, writeTree(join(folder, '1'), tree), 1);
    await commit(session, writeTree(join(folder, '2'), { ...tree, copy: tree.a }), 2);
    const { a, copy } = await extentsOfNewest(store);
    expect(a).toBeGreaterThan(1);
    expect(copy).toBe(1);
  });

  it('when one changes, and another is read again and found as it was', async () => {
    const folder = temporaryFolder();
    const store = new MemoryStore();
    const session = await claimJob(store, claimant);
    const [a, z] = [noise('a', 10 * MIB), noise('z', 10 * MIB)];
    const [changedA, changedZ] = [altered(altered(a)), altered(altered(z))];
    const trees = [
      { a, z },
      { a, z: altered(z) },
      { a, z: changedZ },
      { a: altered(a), z: changedZ },
      { a: changedA, z: changedZ },
    ];
    for (const [round, tree] of trees.entries()) {
      await commit(session, writeTree(join(folder, `${round}`), tree), round);
    }
    const extents = await extentsOfNewest(store);
    expect(extents.a).toBe(1);
    expect(extents.z).toBeGreaterThan(1);
  });
});

it('what repeats itself is no reason for more extents than a manifest should hold', async () => {
  const folder = temporaryFolder();
  const store = new MemoryStore();
  const session = await claimJob(store, claimant);
  const zeros = new Uint8Array(15 * MIB);
  await commit(session, writeTree(join(folder, '0'), { zeros }), 0);
  expect(await extentsOfNewest(store)).toEqual({ zeros: 1 });
  await commit(session, writeTree(join(folder, '1'), { zeros: altered(zeros) }), 1);
  expect(await extentsOfNewest(store)).toEqual({ zeros: MOST_EXTENTS + 1 });
  const { pack } = await commit(session, writeTree(join(folder, '2'), { zeros }), 2);
  expect(await extentsOfNewest(store)).toEqual({ zeros: 1 });
  expect(pack.bytes).toBeLessThan(128 * KIB);
});

it('a file that was read again and found as it was is still stored as a difference later', async () => {
  const folder = temporaryFolder();
  const store = new MemoryStore();
  const session = await claimJob(store, claimant);
  const data = noise('data', 100 * KIB);
  await commit(session, writeTree(join(folder, '0'), { data }), 0);
  await commit(session, writeTree(join(folder, '1'), { data, other: 'x' }), 1);
  const { pack } = await commit(session, writeTree(join(folder, '2'), { data: altered(data) }), 2);
  expect(pack.bytes).toBeLessThan(10 * KIB);
});

it('whatever is changed, pruned and resumed, every restore is what was committed', async () => {
  const edit = fc.record({
    file: fc.constantFrom('a.json', 'b.json', 'c.json'),
    at: fc.integer({ min: 0, max: 90 * KIB }),
    removed: fc.integer({ min: 0, max: 60 * KIB }),
    inserted: fc.integer({ min: 0, max: 40 * KIB }),
  });
  const step = fc.record({ edits: fc.array(edit, { maxLength: 3 }), resumes: fc.boolean() });
  const source = Buffer.from(ids(0, 2_000).join(''));
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 14 }), async (steps) => {
      const folder = temporaryFolder();
      const store = new MemoryStore();
      let session = await claimJob(store, claimant);
      const tree: Record<string, Uint8Array> = {};
      for (const [round, { edits, resumes }] of steps.entries()) {
        for (const { file, at, removed, inserted } of edits) {
          const before = tree[file] ?? source.subarray(0, 80 * KIB);
          const from = (at * 7) % (source.byteLength - inserted);
          tree[file] = Buffer.concat([
            before.subarray(0, at),
            source.subarray(from, from + inserted),
            before.subarray(at + removed),
          ]);
        }
        const directory = writeTree(join(folder, `${round}`), { ...tree, round: `${round}` });
        await commit(session, directory, round);
        if (resumes) session = await claimJob(store, claimant);
        const target = join(folder, `restored-${round}`);
        if (resumes) await session.restore(target);
        else await restoreNewest(store, target);
        expect(readTree(target)).toEqual(readTree(directory));
      }
    }),
    { numRuns: 40 },
  );
}, 120_000);
