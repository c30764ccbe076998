import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { guideConfig } from '../tests/synthesize.ts';

const run = promisify(execFile);
const main = path.join(import.meta.dirname, 'main.ts');
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'infra-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function synthesize(config: object) {
  const file = path.join(folder, 'openevolve.config.json');
  await writeFile(file, JSON.stringify(config));
  return run(process.execPath, ['--conditions=@openevolve-aws/source', main], {
    env: {
      ...process.env,
      CDK_OUTDIR: path.join(folder, 'cdk.out'),
      CDK_CONTEXT_JSON: JSON.stringify({ config: file }),
    },
  });
}

it('synthesises what the configuration says', async () => {
  await synthesize({ ...guideConfig, environment: 'lab', moreUsers: [['carol']] });
  const manifest = JSON.parse(await readFile(path.join(folder, 'cdk.out/manifest.json'), 'utf8'));
  expect(manifest.artifacts.OpenEvolve.properties.stackName).toBe('openevolve-lab');
  expect(manifest.artifacts.Users1.properties.stackName).toBe('openevolve-lab-users-1');
});

it('ends with one line that names the field before anything is synthesised', async () => {
  const failure = await synthesize({ ...guideConfig, maxVcpus: 4 }).catch((error) => error);
  expect(failure).toMatchObject({ code: 1, stdout: '' });
  expect(failure.stderr).toMatch(/^INVALID_CONFIG: .*openevolve\.config\.json.*maxVcpus.*\n$/);
});
