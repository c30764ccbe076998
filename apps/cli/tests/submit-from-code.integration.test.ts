import { execFile } from 'node:child_process';
import { mkdir, readdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type BuiltCommand, builtCommand } from './built-command.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const example = (name: string) => join(root, 'examples', name);

let command: BuiltCommand;

beforeAll(async () => {
  command = await builtCommand();
});

afterAll(() => command.dispose());

it('submits a job from code, follows it and brings its results', async () => {
  const directory = join(command.folder, 'my-results');
  // As an installed package has it: the command that starts the supervisor.
  const bin = join(command.folder, 'bin');
  await mkdir(bin);
  await symlink(
    fileURLToPath(new URL('../dist/main.js', import.meta.url)),
    join(bin, 'openevolve-aws'),
  );
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [
      '--conditions=@openevolve-aws/source',
      join(example('submit-from-code'), 'submit.ts'),
      join(example('function-minimization'), 'initial_program.py'),
      join(example('function-minimization'), 'evaluator.py'),
      directory,
    ],
    {
      env: {
        PATH: [bin, join(root, 'node_modules', '.bin'), process.env.PATH].join(':'),
        HOME: command.folder,
        OPENEVOLVE_AWS_HOME: command.home,
        OPENEVOLVE_PYTHON: join(root, '.venv', 'bin', 'python'),
      },
    },
  );
  expect(stdout).toMatch(/^Job [0-9a-f]{8} of [a-z0-9]+ on local$/m);
  expect(stdout).toMatch(/^\[1\] INFO /m);
  expect((await readdir(directory)).sort()).toEqual([
    'best_program.py',
    'evolution_summary.json',
    'logs',
  ]);
});
