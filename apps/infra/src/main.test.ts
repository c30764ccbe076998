import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';

const run = promisify(execFile);
const main = path.join(import.meta.dirname, 'main.ts');
let folder: string;

// A child that loads the CDK takes seconds on a busy machine.
vi.setConfig({ testTimeout: 30_000 });

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'infra-'));
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

function synthesize(context: Record<string, string>) {
  return run(process.execPath, ['--conditions=@openevolve-aws/source', main], {
    env: { ...process.env, CDK_OUTDIR: folder, CDK_CONTEXT_JSON: JSON.stringify(context) },
  });
}

it('synthesises the environment that the command line names', async () => {
  await synthesize({ environment: 'lab' });
  const manifest = JSON.parse(await readFile(path.join(folder, 'manifest.json'), 'utf8'));
  expect(manifest.artifacts.OpenEvolve.properties.stackName).toBe('openevolve-lab');
});

it('fails with the reason when the environment cannot be a part of names', async () => {
  await expect(synthesize({ environment: 'My Lab' })).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringContaining('INVALID_ENVIRONMENT'),
  });
});
