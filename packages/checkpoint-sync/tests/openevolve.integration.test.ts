import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { FolderStore } from '@openevolve-aws/object-store';
import { collect } from '@openevolve-aws/object-store/testing';
import { expect, it } from 'vitest';
import { exportPlain } from '../src/export-plain.ts';
import { listCommits, verifyCommit } from '../src/read-only.ts';
import { claimJob } from '../src/session.ts';
import { claimant, commitOf, readTree, temporaryFolder } from './fixtures.ts';

const python = fileURLToPath(new URL('../../../.venv/bin/python', import.meta.url));
const script = fileURLToPath(new URL('./openevolve_checkpoint.py', import.meta.url));
const openevolve = promisify(execFile);

it('a checkpoint of 1,000 programs that OpenEvolve wrote is committed, pruned around, restored and loaded by it, and so is the plain export', async () => {
  const folder = temporaryFolder();
  await openevolve(python, [script, 'write', folder]);
  const store = new FolderStore(join(folder, 'store'));
  const session = await claimJob(store, claimant);
  const checkpoint = (number: number) => join(folder, `checkpoints/checkpoint_${number}`);
  for (let number = 25; number <= 1_025; number += 25) {
    await session.commit(commitOf(checkpoint(number), number));
  }
  await session.assertNewest();
  const kept = await listCommits(store);
  // The newest ten, and of those before the last of each tenth of the run.
  expect(kept.length).toBeLessThan(30);
  for (const commit of kept) await verifyCommit(store, commit);

  const newest = kept.at(-1) ?? expect.fail();
  expect(newest.files).toBe(1_003);
  const restored = join(folder, 'restored');
  const next = await claimJob(store, claimant);
  expect((await next.restore(restored)).commit).toEqual(newest);
  expect(readTree(restored)).toEqual(readTree(checkpoint(1_025)));
  await exportPlain(store, newest);
  expect(await collect(store.list('checkpoints/'))).toHaveLength(1_003);

  const plain = join(folder, 'store/checkpoints/checkpoint_1025');
  const read = [script, 'read', checkpoint(1_025), restored, plain];
  const { stdout } = await openevolve(python, read, { maxBuffer: 2 ** 26 });
  expect(JSON.parse(stdout)).toEqual({ programs: 1_000, best: expect.stringMatching(/^program-/) });
});
