import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MemoryStore } from '@openevolve-aws/object-store';
import { expect, it, onTestFinished } from 'vitest';
import { storeAttemptLog } from './outputs.ts';

it('takes logs from files alone, not through links or pipes that evolved code left there', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'outputs-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const logs = join(folder, 'logs');
  await mkdir(logs);
  await writeFile(join(folder, 'secret'), 'secret');
  await writeFile(join(logs, 'openevolve.log'), 'a line');
  await symlink(join(folder, 'secret'), join(logs, 'a-link.log'));
  execFileSync('mkfifo', [join(logs, 'b-pipe.log')]);

  const store = new MemoryStore();
  await storeAttemptLog(store, 3, folder);
  const keys: string[] = [];
  for await (const { key } of store.list('')) {
    keys.push(key);
  }
  expect(keys).toEqual(['logs/attempt-3.log']);
  expect(new TextDecoder().decode(await store.get('logs/attempt-3.log'))).toBe('a line');
});

it('takes no more logs than a run can have', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'outputs-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  await mkdir(join(folder, 'logs'));
  for (let number = 0; number < 60; number++) {
    await writeFile(join(folder, 'logs', `left-${number}.log`), 'a line');
  }
  const store = new MemoryStore();
  await storeAttemptLog(store, 3, folder);
  let stored = 0;
  for await (const _ of store.list('')) stored += 1;
  expect(stored).toBe(50);
});
