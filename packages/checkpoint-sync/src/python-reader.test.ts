import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { FolderStore } from '@openevolve-aws/object-store';
import { expect, it } from 'vitest';
import {
  claimant,
  commitOf,
  programs,
  readTree,
  temporaryFolder,
  writeTree,
} from '../tests/fixtures.ts';
import { listCommits } from './read-only.ts';
import { claimJob } from './session.ts';

const reader = fileURLToPath(new URL('../tests/read_commit.py', import.meta.url));

it('a short Python program reads the format and extracts the newest commit, byte for byte', async () => {
  const folder = temporaryFolder();
  const root = join(folder, 'store');
  const session = await claimJob(new FolderStore(root), claimant);
  const extra = { 'empty.txt': '', 'artifacts/a b/näme.bin': new Uint8Array(1_500_000).fill(7) };
  // Enough of them that the log has a prune entry.
  for (let done = 1; done < 22; done++) {
    const source = writeTree(join(folder, `${done}`), { 'metadata.json': `${done}` });
    await session.commit(commitOf(source, 1));
  }
  for (const done of [200, 210, 213, 216]) {
    // Large and little changed, so that it lies in several extents.
    const index = Array.from({ length: 9_000 }, (_, n) => (n * 7_919) % 10_007).toSpliced(done, 1);
    const tree = { ...programs(done / 10, done), ...extra, 'index.json': JSON.stringify(index) };
    await session.commit(commitOf(writeTree(join(folder, `${done}`), tree), done));
  }
  const broken = writeTree(join(folder, 'broken'), programs(0, 5));
  await session.quarantine((await session.commit(commitOf(broken, 220))).seq, 'for the test');

  await session.assertNewest();
  expect((await listCommits(new FolderStore(root))).length).toBeLessThan(20);

  await promisify(execFile)('python3', [reader, root, join(folder, 'extracted')]);
  expect(readTree(join(folder, 'extracted'))).toEqual(readTree(join(folder, '216')));
});
