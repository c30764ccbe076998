import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { beforeEach, expect, it, onTestFinished, vi } from 'vitest';
import { FolderStore } from './folder-store.ts';

/** What reached the disk, or gave a file its name, in order. */
const steps: string[] = [];
let root = '';

vi.mock('node:fs/promises', async (importOriginal) => {
  const fs = await importOriginal<typeof import('node:fs/promises')>();
  const named = (path: unknown) =>
    relative(root, String(path)).replace(/^(\.object-store-tmp)\/.+/, 'temporary') || '.';
  const noted =
    (what: string, call: (...paths: string[]) => Promise<void>) =>
    async (...paths: string[]) => {
      await call(...paths);
      steps.push(`${what} ${named(paths.at(-1))}`);
    };
  return {
    ...fs,
    open: async (...given: Parameters<typeof fs.open>) => {
      const file = await fs.open(...given);
      const sync = file.sync.bind(file);
      file.sync = async () => {
        await sync();
        steps.push(`flush ${named(given[0])}`);
      };
      return file;
    },
    rename: noted('rename', fs.rename),
    link: noted('link', fs.link),
    unlink: noted('unlink', fs.unlink),
  };
});

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'folder-durability-'));
  onTestFinished(() => rm(root, { recursive: true }));
  steps.length = 0;
});

const body = Uint8Array.of(1);

it.each([
  ['put', 'rename'],
  ['putIfAbsent', 'link'],
] as const)(
  '%s flushes the content, then gives it its name, then flushes that',
  async (method, publish) => {
    const store = new FolderStore(root);
    await store[method]('a/b/c', body);
    const made = ['flush a', 'flush .'];
    const written = ['flush temporary', `${publish} a/b/c`, 'flush a/b'];
    expect(steps.filter((step) => step !== 'unlink temporary')).toEqual([
      'flush .',
      ...made,
      ...written,
    ]);
  },
);

it('flushes the folders of what it deletes', async () => {
  const store = new FolderStore(root);
  for (const key of ['a/1', 'a/2', 'b/1']) await store.put(key, body);
  steps.length = 0;
  await store.delete(['a/1', 'a/2', 'b/1']);
  expect(steps).toEqual(['unlink a/1', 'unlink a/2', 'unlink b/1', 'flush a', 'flush b']);
});
