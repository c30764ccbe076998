import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { until } from '../../tests/local-machine.ts';
import { type LocalHome, localHome } from './home.ts';
import { openLocalBackend } from './local-backend.ts';
import { takeSupervisorLock } from './supervisor-lock.ts';
import { SupervisorStarter } from './supervisor-starter.ts';

let home: LocalHome;

beforeEach(async () => {
  const directory = await mkdtemp(join(tmpdir(), 'supervisor-starter-'));
  home = localHome(directory);
  await openLocalBackend({ directory, supervisor: [], variables: {} });
});

afterEach(() => rm(home.directory, { recursive: true, force: true, maxRetries: 5 }));

/** A program that writes a line when it starts; what it does then is a script. */
const starterOf = (script = '') =>
  new SupervisorStarter(home, [process.execPath, '-e', `console.log(process.cwd()); ${script}`]);
const starts = async () =>
  (await readFile(join(home.logs, 'supervisor.log'), 'utf8').catch(() => ''))
    .split('\n')
    .filter((line) => line !== '');

it('starts the supervisor in its home, wherever the caller is', async () => {
  await starterOf().wake();
  expect(await until('the start', async () => (await starts())[0])).toBe(home.directory);
});

it('starts none while a living process has the lock', async () => {
  const lock = await takeSupervisorLock(home);
  await starterOf().wake();
  await lock?.release();
  await starterOf().wake();
  await until('the start', async () => (await starts()).length > 0);
  expect(await starts()).toHaveLength(1);
});

it('starts one for all calls at the same time', async () => {
  const starter = starterOf();
  await Promise.all([starter.wake(), starter.wake(), starter.wake()]);
  await until('the start', async () => (await starts()).length > 0);
  expect(await starts()).toHaveLength(1);
});

it('starts another one when the first ends without having seen what is new', async () => {
  const starter = starterOf('setTimeout(() => {}, 100);');
  await starter.wake();
  await starter.wake();
  await until('the second start', async () => (await starts()).length === 2);
});

it('says which program could not be started', async () => {
  await expect(new SupervisorStarter(home, ['/no/such/program']).wake()).rejects.toMatchObject({
    code: 'UNAVAILABLE',
    permanent: false,
    message: expect.stringContaining('/no/such/program'),
  });
});
