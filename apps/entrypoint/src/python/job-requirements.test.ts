import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { installRequirements, pinsOf } from './job-requirements.ts';

// Three processes of Python each.
vi.setConfig({ testTimeout: 60_000 });

const run = promisify(execFile);
const root = join(import.meta.dirname, '../../../..');
const python = join(root, '.venv/bin/python');
const lock = join(root, 'apps/entrypoint/runner/requirements.txt');

/** The least that pip takes for a package. */
const MAKE_WHEEL = `
import sys, zipfile
with zipfile.ZipFile(sys.argv[1], "w") as wheel:
    wheel.writestr("job_extra.py", "ANSWER = 42\\n")
    info = "job_extra-1.0.dist-info/"
    wheel.writestr(info + "METADATA", "Metadata-Version: 2.1\\nName: job-extra\\nVersion: 1.0\\n")
    wheel.writestr(info + "WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
    wheel.writestr(info + "RECORD", "")
`;

let folder: string;
let wheel: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'requirements-'));
  wheel = join(folder, 'job_extra-1.0-py3-none-any.whl');
  await run(python, ['-c', MAKE_WHEEL, wheel]);
});

afterAll(() => rm(folder, { recursive: true }));

async function install(lines: string, pip: Record<string, string>): Promise<string> {
  const requirements = join(folder, 'requirements.txt');
  await writeFile(requirements, lines);
  return installRequirements({
    python,
    lock,
    requirements,
    directory: await mkdtemp(join(folder, 'python-')),
    environment: { PATH: process.env.PATH ?? '', HOME: folder, ...pip },
    signal: new AbortController().signal,
  });
}

it('adds packages above those that are there, and leaves those as they are', async () => {
  const extended = await install(`${wheel}\nnumpy>=1.22\n`, { PIP_NO_INDEX: '1' });
  const { stdout } = await run(extended, [
    '-c',
    'import job_extra, openevolve, numpy; print(job_extra.ANSWER, numpy.__file__)',
  ]);
  expect(stdout).toMatch(/^42 /);
  expect(stdout).toContain(join(root, '.venv'));
  await expect(run(python, ['-c', 'import job_extra'])).rejects.toThrow('job_extra');
});

it('says that a job is wrong that asks for what does not exist', async () => {
  await expect(install('no-such-package\n', { PIP_NO_INDEX: '1' })).rejects.toMatchObject({
    code: 'BAD_PROGRAM',
    message: expect.stringContaining('no-such-package'),
  });
});

it('goes on in another attempt when no package can be reached', async () => {
  const unreachable = { PIP_INDEX_URL: 'http://127.0.0.1:9/', PIP_RETRIES: '1' };
  await expect(install('no-such-package\n', unreachable)).rejects.toMatchObject({ code: 'GO_ON' });
});

it('keeps the versions of a lock and the conditions on them, and drops their hashes', () => {
  const hashed = [
    'colorama==0.4.6 ; sys_platform == "win32" \\',
    '    --hash=sha256:08 \\',
    '    --hash=sha256:4f',
    '    # via click',
    'numpy==2.5.5 \\',
    '    --hash=sha256:aa',
    '',
  ].join('\n');
  expect(pinsOf(hashed)).toBe('colorama==0.4.6 ; sys_platform == "win32"\nnumpy==2.5.5\n');
});
