import { execFile } from 'node:child_process';
import { appendFile, cp, mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type BuiltCommand, builtCommand } from './built-command.ts';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../../..', import.meta.url));
const program = fileURLToPath(new URL('../dist/main.js', import.meta.url));

let command: BuiltCommand;
let workspace: string;

/** A workspace of a team's, with a history, and the packages linked as an installation has them. */
beforeAll(async () => {
  command = await builtCommand();
  workspace = join(command.folder, 'workspace');
  await cp(join(root, 'examples/nx-ci-pipeline'), workspace, { recursive: true });
  const modules = join(workspace, 'node_modules');
  for (const folder of ['.bin', '@openevolve-aws']) {
    await mkdir(join(modules, folder), { recursive: true });
  }
  await symlink(join(root, 'node_modules/.bin/nx'), join(modules, '.bin/nx'));
  await symlink(program, join(modules, '.bin/openevolve-aws'));
  const packages: Record<string, { version: string }> = {};
  for (const name of ['nx', '@openevolve-aws/batch-client', '@openevolve-aws/cli']) {
    await symlink(join(root, 'node_modules', name), join(modules, name));
    const manifest = await readFile(join(modules, name, 'package.json'), 'utf8');
    packages[`node_modules/${name}`] = { version: JSON.parse(manifest).version };
  }
  const lock = { name: 'nx-ci-pipeline', lockfileVersion: 3, requires: true, packages };
  await writeFile(join(workspace, 'package-lock.json'), JSON.stringify(lock));
  await git('init', '--quiet', '--initial-branch=main');
  await commit('two programs');
});

afterAll(() => command.dispose());

const programs = ['bin-packing', 'sine-approximation'];
const inProgram = (name: string, ...path: string[]) => join(workspace, 'programs', name, ...path);

function git(...args: string[]) {
  const identity = ['-c', 'user.name=Team', '-c', 'user.email=team@example.com'];
  return run('git', [...identity, ...args], { cwd: workspace });
}

async function commit(message: string): Promise<void> {
  await git('add', '--all');
  await git('commit', '--quiet', `--message=${message}`);
}

/** As the pipeline does after a commit. */
async function evolveAffected(...flags: string[]): Promise<string> {
  const nx = join(workspace, 'node_modules/.bin/nx');
  const { stdout } = await run(
    process.execPath,
    [nx, 'affected', '--targets=evolve', '--base=HEAD~1', '--outputStyle=static', ...flags],
    {
      cwd: workspace,
      env: {
        PATH: process.env.PATH,
        HOME: command.folder,
        CI: 'true',
        NX_DAEMON: 'false',
        NODE_OPTIONS: '--conditions=@openevolve-aws/source',
        OPENEVOLVE_AWS_HOME: command.home,
        OPENEVOLVE_PYTHON: join(root, '.venv/bin/python'),
      },
    },
  );
  return stdout;
}

/** Names and states of all jobs that there are, as the command lists them. */
async function jobs(): Promise<string[]> {
  const listed = await command.json<{ name: string; status: string }[]>('list', '--local');
  return listed.map(({ name, status }) => `${name} ${status}`);
}

/** Programs with results in their folders. */
async function evolved(): Promise<string[]> {
  const folders = await Promise.all(
    programs.map(async (name) => (await readdir(inProgram(name))).includes('results')),
  );
  return programs.filter((_, index) => folders[index]);
}

it('evolves the program that a commit changes, and no other', async () => {
  await appendFile(inProgram('sine-approximation', 'initial_program.py'), '\nPI = 3.14159\n');
  await commit('the sine has a constant');
  await evolveAffected();
  expect(await jobs()).toEqual(['sine-approximation SUCCEEDED']);
  expect(await evolved()).toEqual(['sine-approximation']);
  const best = await readFile(
    inProgram('sine-approximation', 'results', 'best_program.py'),
    'utf8',
  );
  expect(best).toContain('PI = 3.14159');
});

it('takes results of what did not change from the cache', async () => {
  await rm(inProgram('sine-approximation', 'results'), { recursive: true });
  expect(await evolveAffected()).toMatch(/local cache|existing outputs match the cache/);
  expect(await jobs()).toEqual(['sine-approximation SUCCEEDED']);
  expect(await evolved()).toEqual(['sine-approximation']);
});

it('finds the job of a pipeline whose cache is lost, and starts no second one', async () => {
  await rm(inProgram('sine-approximation', 'results'), { recursive: true });
  expect(await evolveAffected('--skip-nx-cache')).not.toMatch(/local cache/);
  expect(await jobs()).toEqual(['sine-approximation SUCCEEDED']);
  expect(await evolved()).toEqual(['sine-approximation']);
});

it('evolves nothing after a commit of a document', async () => {
  await appendFile(join(workspace, 'README.md'), '\nA sentence more.\n');
  await commit('docs');
  expect(await evolveAffected()).toMatch(/No tasks were run/);
});

it('fails with the reason where an evaluator is of no use, and keeps no results of it', async () => {
  await appendFile(inProgram('bin-packing', 'evaluator.py'), '\nraise RuntimeError("no scale")\n');
  await commit('an evaluator that fails');
  for (const _ of ['first', 'again']) {
    await expect(evolveAffected()).rejects.toMatchObject({
      stdout: expect.stringMatching(/no scale/),
    });
  }
  expect((await jobs()).sort()).toEqual(['bin-packing FAILED', 'sine-approximation SUCCEEDED']);
  expect(await evolved()).toEqual(['sine-approximation']);
});
