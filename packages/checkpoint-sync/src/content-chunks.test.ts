import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { MemoryStore } from '@openevolve-aws/object-store';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { claimant, commitOf, readTree, temporaryFolder, writeTree } from '../tests/fixtures.ts';
import { cutChunks } from './content-chunks.ts';
import { restoreNewest } from './read-only.ts';
import { claimJob, type Session } from './session.ts';

const KIB = 1024;

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

it('whatever is changed, pruned and resumed, every restore is what was committed', async () => {
  const edit = fc.record({
    file: fc.constantFrom('a.json', 'b.json', 'c.json'),
    at: fc.integer({ min: 0, max: 90 * KIB }),
    removed: fc.integer({ min: 0, max: 60 * KIB }),
    inserted: fc.integer({ min: 0, max: 40 * KIB }),
  });
  const step = fc.record({ edits: fc.array(edit, { maxLength: 3 }), resumes: fc.boolean() });
  const noise = Buffer.from(ids(0, 2_000).join(''));
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 14 }), async (steps) => {
      const folder = temporaryFolder();
      const store = new MemoryStore();
      let session = await claimJob(store, claimant);
      const tree: Record<string, Uint8Array> = {};
      for (const [round, { edits, resumes }] of steps.entries()) {
        for (const { file, at, removed, inserted } of edits) {
          const before = tree[file] ?? noise.subarray(0, 80 * KIB);
          const from = (at * 7) % (noise.byteLength - inserted);
          tree[file] = Buffer.concat([
            before.subarray(0, at),
            noise.subarray(from, from + inserted),
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
