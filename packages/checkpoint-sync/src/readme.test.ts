import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { FolderStore, prefixed } from '@openevolve-aws/object-store';
import { expect, it } from 'vitest';
import { programs, readTree, temporaryFolder, writeTree } from '../tests/fixtures.ts';
import { restoreNewest } from './read-only.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

it('the example of the README commits a checkpoint, and goes on from it when it is run again', async () => {
  const folder = temporaryFolder();
  const [, example = ''] =
    /```ts\n(.*?)```/s.exec(readFileSync(join(root, 'README.md'), 'utf8')) ?? [];
  const script = example.replaceAll('/tmp/', `${folder}/`);
  const source = join(folder, 'work/output/checkpoints/checkpoint_10');
  writeTree(source, programs(0, 10));
  const store = prefixed(new FolderStore(join(folder, 'store')), 'users/ana/0123abcd/output');
  const options = ['--conditions=@openevolve-aws/source', '--input-type=module', '-e', script];
  const run = () => promisify(execFile)(process.execPath, options, { cwd: root });
  await run();
  const { commit } = await restoreNewest(store, join(folder, 'restored'));
  expect(commit?.label).toBe('checkpoint_10');
  expect(readTree(join(folder, 'restored'))).toEqual(readTree(source));
  await run();
  expect(readTree(join(folder, 'work/checkpoint'))).toEqual(readTree(source));
});
