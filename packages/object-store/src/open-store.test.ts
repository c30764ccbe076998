import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, it } from 'vitest';
import { openStore } from './open-store.ts';

it('opens a folder by its URI, also with spaces in its name', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'open store '));
  const store = await openStore(pathToFileURL(folder).href);
  await store.put('a', Uint8Array.of(1));
  expect(await (await openStore(pathToFileURL(folder).href)).get('a')).toEqual(Uint8Array.of(1));
  await rm(folder, { recursive: true });
});

it.each(['ftp://host/a', '/var/lib/store', 'file://elsewhere/a', 'C:\\store', ''])(
  'refuses %j and says what it takes',
  async (uri) => {
    await expect(openStore(uri)).rejects.toMatchObject({
      code: 'INVALID_URI',
      permanent: true,
      message: expect.stringContaining('file://'),
    });
  },
);
