import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type LocalHome, localHome } from './home.ts';
import { replaceJson } from './json-file.ts';
import { identify } from './process-identity.ts';
import { isSupervised, takeSupervisorLock } from './supervisor-lock.ts';

let home: LocalHome;

beforeEach(async () => {
  home = localHome(await mkdtemp(join(tmpdir(), 'supervisor-lock-')));
  await mkdir(home.jobs, { recursive: true });
});

afterEach(() => rm(home.directory, { recursive: true, force: true }));

/** A lock with a fresh heartbeat whose owner is a process that has ended. */
async function leaveLock(host: string): Promise<void> {
  const child = spawn('sleep', ['60']);
  await once(child, 'spawn');
  const identity = await identify(child.pid ?? 0);
  child.kill('SIGKILL');
  await once(child, 'exit');
  await mkdir(`${home.lock}.lock`);
  await replaceJson(home.lockOwner, { version: 1, host, ...identity });
}

it('is taken at once from an owner that has died, by one after the other of many', async () => {
  await leaveLock(hostname());
  expect(await isSupervised(home)).toBe(false);
  const begun = Date.now();
  let holders = 0;
  const contend = async () => {
    const lock = await takeSupervisorLock(home);
    holders += 1;
    expect(lock?.lost.aborted).toBe(false);
    expect(holders).toBe(1);
    expect(await isSupervised(home)).toBe(true);
    holders -= 1;
    await lock?.release();
  };
  await Promise.all(Array.from({ length: 5 }, contend));
  expect(Date.now() - begun).toBeLessThan(4_000);
  expect(await isSupervised(home)).toBe(false);
  expect(await readdir(join(home.directory, 'batch'))).toEqual(['jobs']);
});

it('says nothing of a process on another host, where the heartbeat alone counts', async () => {
  await leaveLock('another-host');
  expect(await isSupervised(home)).toBe(true);
});

it('tells its holder when it is gone', async () => {
  const lock = await takeSupervisorLock(home);
  await rm(`${home.lock}.lock`, { recursive: true });
  if (lock && !lock.lost.aborted) {
    await once(lock.lost, 'abort', { signal: AbortSignal.timeout(3_000) });
  }
  expect(lock?.lost.aborted).toBe(true);
});
