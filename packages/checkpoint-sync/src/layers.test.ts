import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { FileRecord, Layer } from './checkpoint.ts';
import { applyChanges, planLayer } from './layers.ts';
import { MAX_LAYERS } from './limits.ts';

const reference = { key: 'packs/1-1', bytes: 1, manifest: { offset: 0, length: 1, sha256: '' } };

function listingOf(files: Record<string, number>): Map<string, FileRecord> {
  return new Map(
    Object.entries(files).map(([path, content]) => [
      path,
      { path, bytes: content, sha256: `${content}`, place: null },
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
  const files = fc.dictionary(fc.constantFrom(...'abcdefghij'), fc.nat({ max: 3 }));
  fc.assert(
    fc.property(fc.array(files, { maxLength: 30 }), (all) => {
      writeAll(all.map(listingOf));
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
