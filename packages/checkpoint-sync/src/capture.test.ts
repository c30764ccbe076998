import { join } from 'node:path';
import { expect, it } from 'vitest';
import { programs, temporaryFolder, writeTree } from '../tests/fixtures.ts';
import { captureDirectory } from './capture.ts';
import type { FileRecord } from './checkpoint.ts';
import { PackBuilder } from './pack-builder.ts';

const nothing = { listing: new Map(), stamps: new Map() };

/** Says of every file that it has other content than it does. */
function mistaken(listing: Map<string, FileRecord>): Map<string, FileRecord> {
  const sha256 = 'f'.repeat(64);
  return new Map([...listing].map(([path, file]) => [path, { ...file, sha256 }]));
}

it('believes a stamp only when it is old enough, and never when every file is to be read', async () => {
  const source = writeTree(join(temporaryFolder(), 'a'), programs(0, 5));
  await using builder = new PackBuilder('packs/1-1');
  const young = await captureDirectory(source, nothing, builder, false);
  expect([...young.stamps]).toEqual([]);

  await new Promise((resolve) => setTimeout(resolve, 200));
  const aged = await captureDirectory(source, nothing, builder, false);
  expect([...aged.stamps.keys()]).toEqual([...aged.listing.keys()]);

  const known = { listing: mistaken(aged.listing), stamps: aged.stamps };
  expect((await captureDirectory(source, known, builder, false)).listing).toEqual(known.listing);
  expect((await captureDirectory(source, known, builder, true)).listing).not.toEqual(known.listing);
});
