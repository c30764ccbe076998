import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ListedJob } from '@openevolve-aws/batch-client';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type BuiltCommand, builtCommand } from './built-command.ts';

const program = fileURLToPath(new URL('../dist/main.js', import.meta.url));
const submit = [
  ...['submit', '--local', '--program', 'program.py', '--evaluator', 'program.py'],
  ...['--iterations', '1', '--vcpus', '1'],
];

let command: BuiltCommand;

beforeAll(async () => {
  command = await builtCommand();
  const text = '# EVOLVE-BLOCK-START\ndef evaluate(path):\n    return {"score": 1}\n';
  await writeFile(join(command.folder, 'program.py'), text);
});
afterAll(() => command.dispose());

it('submits also when nobody reads what is printed', async () => {
  const child = spawn(process.execPath, [program, ...submit], {
    cwd: command.folder,
    stdio: ['ignore', 'pipe', 'inherit'],
    env: command.environment,
  });
  // As `submit … | head -1` does.
  child.stdout.once('data', () => child.stdout.destroy());
  expect((await once(child, 'close'))[0]).toBe(0);
  expect(await command.json<ListedJob[]>('list', '--local')).toHaveLength(1);
});

it('says that its output could not be stored, and ends with a code of its own', async () => {
  const full = openSync('/dev/full', 'w');
  const child = spawn(process.execPath, [program, 'list', '--local'], {
    cwd: command.folder,
    stdio: ['ignore', full, 'pipe'],
    env: command.environment,
  });
  closeSync(full);
  let told = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    told += text;
  });
  expect((await once(child, 'close'))[0]).toBe(5);
  expect(told).toMatch(/^openevolve-aws: Not all of the output could be written \(ENOSPC.*\n$/);
});
