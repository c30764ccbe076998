import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { FileRecord, Layer } from './checkpoint.ts';
import { applyChanges, difference, isUnchanged, planLayer } from './layers.ts';
import { MAX_LAYERS } from './limits.ts';

const reference = { key: 'packs/1-1', bytes: 1, manifest: { offset: 0, length: 1, sha256: '' } };

function listingOf(files: Record<string, number>): Map<string, FileRecord> {
  return new Map(
    Object.entries(files).map(([path, content]) => [
      path,
      { path, bytes: content, sha256: `${content}`, extents: [] },
    ]),
  );
}

/** Plans the layers of one listing after the other; gives the size of each layer written. */
function writeAll(listings: Map<string, FileRecord>[]): { layers: Layer[]; written: number[] } {
  let layers: Layer[] = [];
  let current = new Map<string, FileRecord>();
  const written: number[] = [];
  for (const next of listings) {
    const { below, changes } = planLayer(layers, current, next);
    layers = [...below, { reference, changes }];
    expect(layers.length).toBeLessThanOrEqual(MAX_LAYERS);
    expect(applyChanges(layers.map((layer) => layer.changes))).toEqual(next);
    written.push(changes.files.size + changes.removed.size);
    current = next;
  }
  return { layers, written };
}

it('layers lead to the listing, whatever was added, changed and removed before', () => {
  const path = fc.integer({ min: 0, max: 30 }).map((n) => `p/${n}`);
  const edit = fc.tuple(path, fc.option(fc.nat({ max: 3 })));
  const commit = fc.array(edit, { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(fc.array(commit, { maxLength: 40 }), (commits) => {
      const files: Record<string, number> = {};
      for (let n = 0; n < 25; n++) files[`p/${n}`] = 9;
      const listings = [listingOf(files)];
      for (const edits of commits) {
        for (const [path, content] of edits) {
          if (content === null) delete files[path];
          else files[path] = content;
        }
        listings.push(listingOf(files));
      }
      writeAll(listings);
    }),
  );
});

it('manifests stay small beside the listing, and layers few, over many small commits', () => {
  const listings = Array.from({ length: 150 }, (_, round) =>
    listingOf({
      'metadata.json': round,
      ...Object.fromEntries(Array.from({ length: 300 + round * 10 }, (_, n) => [`p/${n}`, n])),
    }),
  );
  const { layers, written } = writeAll(listings);
  const later = written.slice(1);
  const mean = later.reduce((sum, size) => sum + size, 0) / later.length;
  expect(mean).toBeLessThan(100);
  expect(layers.length).toBeLessThan(10);
});

it('says where content lies now that has moved, and builds on nothing in packs that are let go of', () => {
  const at = (key: string, offset: number, sha256: string) => {
    const pack = { key, blocks: [[90, 100]] as const };
    return { path: sha256, bytes: 9, sha256, extents: [{ pack, offset, bytes: 9 }] };
  };
  const listing = (...files: FileRecord[]) => new Map(files.map((file) => [file.path, file]));
  const before = listing(at('packs/1-1', 0, 'a'), at('packs/1-1', 9, 'b'), at('packs/1-2', 0, 'c'));
  const next = listing(at('packs/1-1', 0, 'a'), at('packs/1-3', 0, 'b'), at('packs/1-3', 9, 'c'));
  expect([...difference(before, next).files.keys()]).toEqual(['b', 'c']);
  expect(isUnchanged(difference(before, before))).toBe(true);

  const layerOf = (key: string, files: Map<string, FileRecord>): Layer => ({
    reference: { ...reference, key },
    changes: { removed: new Set(), files },
  });
  const many = listing(...Array.from({ length: 99 }, (_, n) => at('packs/1-1', n, `${n}`)));
  const layers = [layerOf('packs/1-1', many), layerOf('packs/1-2', before)];
  const current = applyChanges(layers.map(({ changes }) => changes));
  const changed = new Map([...current, ...next]);
  const plan = (...avoid: string[]) => planLayer(layers, current, changed, new Set(avoid));
  expect(plan().below).toEqual([layers[0]]);
  expect(plan('packs/1-2').below).toEqual([layers[0]]);
  expect(plan('packs/1-1')).toEqual({ below: [], changes: { removed: new Set(), files: changed } });
});
