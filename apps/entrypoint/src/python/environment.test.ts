import { chmod, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { preparePythonEnvironment } from './environment.ts';

let folder: string;
let calls: string;
let directory: string;
let requirements: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'python-environment-'));
  calls = join(folder, 'calls');
  directory = join(folder, 'environment');
  requirements = join(folder, 'requirements.txt');
  await writeFile(calls, '');
  await writeFile(requirements, 'openevolve==1.0.0 --hash=sha256:ab\n');
  await mkdir(join(folder, 'bin'));
  for (const tool of ['sh', 'mkdir', 'ln', 'echo', 'sleep']) {
    await symlink(`/bin/${tool}`, join(folder, 'bin', tool));
  }
  vi.stubEnv('PATH', join(folder, 'bin'));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

/** A stand-in for an installed Python, which notes what it is asked for. */
async function install(
  name: string,
  version: string,
  { venv = '', pip = '' }: { venv?: string; pip?: string } = {},
): Promise<string> {
  const file = join(folder, 'bin', name);
  await writeFile(
    file,
    `#!/bin/sh
[ "$1" = -c ] && { echo ${version}; exit 0; }
echo "${name} $2" >> ${calls}
case "$2" in
  venv) ${venv || `mkdir -p "$3/bin" && ln -s ${file} "$3/bin/python"`} ;;
  pip) ${pip || 'sleep 0.2'} ;;
esac
`,
  );
  await chmod(file, 0o755);
  return file;
}

const prepare = () =>
  preparePythonEnvironment({ directory, requirements, report: () => undefined });
const callsMade = async () => (await readFile(calls, 'utf8')).split('\n').filter(Boolean);

it('makes it once, and finds it after that', async () => {
  await install('python3', '3.11.7');
  expect(await prepare()).toBe(join(directory, 'bin', 'python'));
  expect(await prepare()).toBe(join(directory, 'bin', 'python'));
  expect(await callsMade()).toEqual(['python3 venv', 'python3 pip']);
});

it('makes it once for all that ask at the same time', async () => {
  await install('python3', '3.11.7');
  await Promise.all([prepare(), prepare(), prepare()]);
  expect(await callsMade()).toEqual(['python3 venv', 'python3 pip']);
});

it('takes the first Python that is new enough', async () => {
  await install('python3', '3.9.2');
  await install('python3.12', '3.12.1');
  await prepare();
  expect(await callsMade()).toEqual(['python3.12 venv', 'python3.12 pip']);
});

it('says what it found, where no Python is new enough', async () => {
  await install('python3', '3.9.2');
  await expect(prepare()).rejects.toMatchObject({
    code: 'NO_PYTHON',
    message: expect.stringMatching(
      /needs Python 3\.10 or newer \(found only 3\.9\.2\): install it/,
    ),
  });
});

it('says so where there is no Python at all', async () => {
  await expect(prepare()).rejects.toMatchObject({
    code: 'NO_PYTHON',
    message: expect.stringContaining('found none'),
  });
});

it('says what to install where Python has no venv module', async () => {
  await install('python3', '3.11.7', { venv: 'exit 1' });
  await expect(prepare()).rejects.toMatchObject({
    code: 'NO_PYTHON',
    message: expect.stringMatching(/install its venv module.*apt-get install python3-venv/),
  });
});

it('makes anew what was cut off, and says why it could not be made', async () => {
  await install('python3', '3.11.7', { pip: 'echo "no route to the index" >&2; exit 1' });
  await expect(prepare()).rejects.toMatchObject({
    code: 'INSTALL_FAILED',
    message: expect.stringContaining('no route to the index'),
  });
  await install('python3', '3.11.7');
  await prepare();
  expect(await callsMade()).toEqual(['python3 venv', 'python3 pip', 'python3 venv', 'python3 pip']);
});

it('makes it anew when the Python that it was made with is gone', async () => {
  const old = await install('python3', '3.11.7');
  await prepare();
  await rm(old);
  await install('python3.12', '3.12.1');
  await prepare();
  expect((await callsMade()).slice(2)).toEqual(['python3.12 venv', 'python3.12 pip']);
});

it('makes it anew for another lock', async () => {
  await install('python3', '3.11.7');
  await prepare();
  await writeFile(requirements, 'openevolve==1.1.0 --hash=sha256:cd\n');
  await prepare();
  expect(await callsMade()).toHaveLength(4);
});
