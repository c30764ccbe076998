import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { FileRecord, Layer, Pack } from './checkpoint.ts';
import { planCompaction } from './compaction.ts';

const MIB = 1024 * 1024;

/** A checkpoint of packs, each with some blocks of 1 MiB of which the first ones are live. */
function checkpointOf(packs: Record<string, readonly [blocks: number, live: number]>) {
  const listing = new Map<string, FileRecord>();
  for (const [key, [count, live]] of Object.entries(packs)) {
    const pack: Pack = { key, blocks: Array.from({ length: count }, () => [MIB / 4, MIB]) };
    for (let n = 0; n < live; n++) {
      const path = `${key}/${n}`;
      listing.set(path, {
        path,
        bytes: MIB,
        sha256: path,
        extents: [{ pack, offset: n * MIB, bytes: MIB }],
      });
    }
  }
  return { listing, layers: [] as Layer[] };
}

const plan = (packs: Parameters<typeof checkpointOf>[0]) => [
  ...planCompaction(checkpointOf(packs)),
];

it('leaves packs alone while half of their bytes are live', () => {
  expect(plan({})).toEqual([]);
  expect(plan({ 'packs/1-1': [10, 10], 'packs/1-2': [4, 0], 'packs/1-3': [10, 1] })).toEqual([]);
  expect(plan({ 'packs/1-1': [10, 5] })).toEqual([]);
});

it('rewrites all packs when less is, those with the least live content first', () => {
  expect(plan({ 'packs/1-1': [10, 5], 'packs/1-2': [10, 1], 'packs/1-3': [10, 9] })).toEqual([]);
  expect(plan({ 'packs/1-1': [10, 4], 'packs/1-2': [10, 1], 'packs/1-3': [2, 2] })).toEqual([
    'packs/1-2',
    'packs/1-1',
    'packs/1-3',
  ]);
});

it('counts content that files share once', () => {
  const { listing, layers } = checkpointOf({ 'packs/1-1': [10, 4] });
  for (const [path, file] of [...listing]) listing.set(`${path}-copy`, file);
  expect([...planCompaction({ listing, layers })]).toEqual(['packs/1-1']);
});

it('counts a pack that is named for its manifest alone', () => {
  const { listing } = checkpointOf({ 'packs/1-2': [4, 4] });
  const manifest = { offset: 3 * MIB, length: 100, sha256: '' };
  const reference = { key: 'packs/1-1', bytes: 3 * MIB + 100, manifest };
  const changes = { removed: new Set<string>(), files: listing };
  expect([...planCompaction({ listing, layers: [{ reference, changes }] })]).toEqual([
    'packs/1-1',
    'packs/1-2',
  ]);
});

it('rewrites at most 64 MiB at once, and less than the garbage that goes with it', () => {
  const pack = fc
    .integer({ min: 1, max: 90 })
    .chain((blocks) => fc.tuple(fc.constant(blocks), fc.integer({ min: 1, max: blocks })));
  fc.assert(
    fc.property(fc.array(pack, { maxLength: 8 }), (sizes) => {
      const packs = Object.fromEntries(sizes.map((size, n) => [`packs/1-${n + 1}`, size] as const));
      const rewritten = plan(packs).map((key) => packs[key] ?? ([0, 0] as const));
      const live = rewritten.reduce((sum, [, some]) => sum + some, 0);
      const total = rewritten.reduce((sum, [all]) => sum + all, 0);
      expect(live).toBeLessThanOrEqual(64);
      expect(2 * live).toBeLessThanOrEqual(total);
    }),
  );
});
