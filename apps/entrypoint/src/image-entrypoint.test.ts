import { execFile } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, it } from 'vitest';

const run = promisify(execFile);
const KEY = 'AIzaSyA-real-looking-key_0123456789abcd';
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'image-entrypoint-'));
});
afterEach(() => rm(folder, { recursive: true }));

/** The image's entrypoint with this machine's Node, on another program. */
async function entrypointOn(program: string): Promise<[string, ...string[]]> {
  const file = await readFile(new URL('../../../Dockerfile.aws', import.meta.url), 'utf8');
  const [, words = ''] = /^ENTRYPOINT (\[[^\]]*\])/m.exec(file) ?? [];
  const [first, ...rest] = JSON.parse(words.replaceAll('\\\n', '')) as [string, ...string[]];
  return [
    first,
    ...rest
      .map((word) => (word === '/usr/local/bin/node' ? process.execPath : word))
      .with(-1, program),
  ];
}

it.skipIf(process.platform !== 'linux')(
  'lets nobody who submits a job run code beside the key, or lead its way',
  async () => {
    const program = path.join(folder, 'main.mjs');
    await writeFile(program, 'console.log(JSON.stringify(process.env));');
    const [file, ...words] = await entrypointOn(program);
    const { stdout } = await run(file, words, {
      env: {
        GEMINI_API_KEY: KEY,
        S3_INPUT_PREFIX: 's3://inputs/x',
        NODE_OPTIONS: '--import=data:text/javascript,console.log(process.env.GEMINI_API_KEY)',
        NODE_USE_ENV_PROXY: '1',
        NODE_TLS_REJECT_UNAUTHORIZED: '0',
        NODE_DEBUG: 'http',
      },
    });
    expect(JSON.parse(stdout)).toEqual({ GEMINI_API_KEY: KEY, S3_INPUT_PREFIX: 's3://inputs/x' });
  },
);

it("gives the key to no program of 'prepare-python', which a submission can ask for too", async () => {
  const python = path.join(folder, 'python3');
  await writeFile(python, `#!/bin/sh\n/usr/bin/env >> ${folder}/seen\nexit 1\n`);
  await chmod(python, 0o755);
  const main = path.join(import.meta.dirname, 'main.ts');
  await run(process.execPath, ['--conditions=@openevolve-aws/source', main, 'prepare-python'], {
    env: { PATH: folder, HOME: folder, GEMINI_API_KEY: KEY, OTHER: 'kept' },
  }).catch((error: unknown) => error);
  const seen = await readFile(path.join(folder, 'seen'), 'utf8');
  expect(seen).toContain('OTHER=kept');
  expect(seen).not.toContain(KEY);
});
