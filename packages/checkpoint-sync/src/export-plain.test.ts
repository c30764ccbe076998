import { join } from 'node:path';
import { MemoryStore } from '@openevolve-aws/object-store';
import { collect, FaultStore } from '@openevolve-aws/object-store/testing';
import { expect, it } from 'vitest';
import {
  claimant,
  commitOf,
  programs,
  type Tree,
  temporaryFolder,
  writeTree,
} from '../tests/fixtures.ts';
import { exportPlain } from './export-plain.ts';
import { claimJob } from './session.ts';

const prefix = 'checkpoints/checkpoint_5/';

async function committed(tree: Tree) {
  const store = new MemoryStore();
  const session = await claimJob(store, claimant);
  const source = writeTree(join(temporaryFolder(), 'a'), tree);
  return { store, commit: await session.commit(commitOf(source, 5)) };
}

async function exported(store: MemoryStore): Promise<Record<string, string>> {
  const objects = await collect(store.list('checkpoints/'));
  const bodies = objects.map(async ({ key }) => [
    key.slice(prefix.length),
    new TextDecoder().decode(await store.get(key)),
  ]);
  return Object.fromEntries(await Promise.all(bodies));
}

it('exports a commit as plain files, metadata.json last', async () => {
  const tree = { ...programs(0, 5), 'empty.txt': '' };
  const { store, commit } = await committed(tree);
  const watched = new FaultStore(store);
  await exportPlain(watched, commit);
  expect(await exported(store)).toEqual(tree);
  expect(watched.calls.at(-1)?.key).toBe(`${prefix}metadata.json`);
});

it('never shows metadata.json before the rest is whole, whatever was there and wherever it is cut off', async () => {
  const tree = programs(0, 5);
  const { store, commit } = await committed(tree);
  const another = { 'metadata.json': 'of another export', 'programs/other.json': '{}' };
  for (let cut = 0; ; cut++) {
    await store.delete((await collect(store.list(prefix))).map(({ key }) => key));
    for (const [path, content] of Object.entries(another)) {
      await store.put(prefix + path, new TextEncoder().encode(content));
    }
    const mortal = new FaultStore(store, ({ index }) => (index === cut ? 'die-after' : null));
    const done = await exportPlain(mortal, commit).then(
      () => true,
      () => false,
    );
    const found = await exported(store);
    if (found['metadata.json'] === another['metadata.json']) expect(found).toEqual(another);
    else if ('metadata.json' in found) expect(found).toEqual(tree);
    if (done) break;
    expect(cut).toBeLessThan(50);
  }
  expect(await exported(store)).toEqual(tree);
});

it('lets go of metadata.json first, however many files of another export there are', async () => {
  const { store, commit } = await committed(programs(0, 5));
  const others = Array.from({ length: 1_000 }, (_, n) => `${prefix}artifacts/${n}`);
  for (const key of [...others, `${prefix}metadata.json`]) await store.put(key, new Uint8Array(1));
  let deletions = 0;
  const mortal = new FaultStore(store, ({ method }) =>
    method === 'delete' && deletions++ === 0 ? 'die-after' : null,
  );
  await expect(exportPlain(mortal, commit)).rejects.toThrow();
  expect(await exported(store)).not.toHaveProperty('metadata.json');
});

it('writes nothing when the commit is damaged', async () => {
  const { store, commit } = await committed(programs(0, 5));
  const body = await store.get(commit.pack.key);
  await store.put(commit.pack.key, body.fill(0, 100, 110));
  await expect(exportPlain(store, commit)).rejects.toMatchObject({ code: 'DAMAGED' });
  expect(await exported(store)).toEqual({});
});
