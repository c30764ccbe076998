import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { guideConfig } from '../tests/synthesize.ts';

const bin = path.join(import.meta.dirname, 'bin.ts');
let folder: string;
beforeEach(async () => {
  // A name that a shell would take apart.
  folder = await mkdtemp(path.join(tmpdir(), 'an infra $HOME '));
  await writeFile(path.join(folder, 'openevolve.config.json'), JSON.stringify(guideConfig));
});
afterEach(() => rm(folder, { recursive: true }));

function run(...words: string[]) {
  return promisify(execFile)(
    process.execPath,
    ['--conditions=@openevolve-aws/source', bin, ...words],
    { cwd: folder },
  );
}

it('plans from the configuration of the current folder, or of another', async () => {
  expect(JSON.parse((await run('plan')).stdout)).toMatchObject({ environment: 'prod' });
  await writeFile(
    path.join(folder, 'lab.json'),
    JSON.stringify({ ...guideConfig, environment: 'lab' }),
  );
  const { stdout } = await run('plan', '--config', 'lab.json');
  expect(JSON.parse(stdout)).toMatchObject({ environment: 'lab' });
});

it('runs any command of the CDK on the app of the configuration', async () => {
  expect((await run('list', '--config', 'openevolve.config.json')).stdout.trim()).toBe(
    'OpenEvolve (openevolve-prod)',
  );
});

it('runs it on an app that was synthesised before, whatever the configuration says now', async () => {
  const app = path.join(folder, 'synthesised');
  await run('synth', '--quiet', '--output', app);
  const lab = { ...guideConfig, environment: 'lab' };
  await writeFile(path.join(folder, 'openevolve.config.json'), JSON.stringify(lab));
  expect((await run('list', '--app', app)).stdout.trim()).toBe('OpenEvolve (openevolve-prod)');
});

it.each<[string, string[], number, RegExp]>([
  ['without the file', ['plan', '--config', 'none.json'], 1, /^NO_CONFIG: .*none\.json/],
  ['without a command', [], 2, /^$/],
])('fails %s', async (_, words, code, stderr) => {
  await expect(run(...words)).rejects.toMatchObject({
    code,
    stderr: expect.stringMatching(stderr),
  });
});
