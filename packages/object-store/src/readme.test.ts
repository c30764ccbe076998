import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it, onTestFinished } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));

it('the examples of the README run that need no server', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'object-store-readme-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const blocks = [...readFileSync(join(root, 'README.md'), 'utf8').matchAll(/```ts\n(.*?)```/gs)];
  const examples = blocks.map(([, code = '']) => code).filter((code) => !/s3|testing/.test(code));
  expect(examples).toHaveLength(3);
  for (const example of examples) {
    const script = example.replaceAll('/tmp/', `${folder}/`);
    const options = ['--conditions=@openevolve-aws/source', '--input-type=module', '-e', script];
    await promisify(execFile)(process.execPath, options, { cwd: root });
  }
  expect(readFileSync(join(folder, 'store/users/ana/note.txt'), 'utf8')).toBe('hello');
});
