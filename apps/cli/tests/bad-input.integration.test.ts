import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BuiltCommand, builtCommand } from './built-command.ts';

let command: BuiltCommand;

beforeAll(async () => {
  command = await builtCommand();
  const { folder } = command;
  await writeFile(join(folder, 'program.py'), '# EVOLVE-BLOCK-START\nx = 1\n# EVOLVE-BLOCK-END\n');
  await writeFile(join(folder, 'evaluator.py'), 'def evaluate(path):\n    return {"score": 1}\n');
  await writeFile(join(folder, 'empty.py'), '\n');
  await mkdir(join(folder, 'folder.py'));
  await writeFile(join(folder, 'broken.yaml'), 'llm:\n  models: [\n');
  await writeFile(join(folder, 'unknown-key.yaml'), 'max_iteration: 5\n');
  await writeFile(join(folder, 'unknown-nested-key.yaml'), 'llm:\n  temprature: 0.5\n');
});

afterAll(() => command.dispose());

const files = ['--program', 'program.py', '--evaluator', 'evaluator.py'];

describe('a submission that cannot be used', () => {
  it.each([
    [
      'a missing program',
      ['--program', 'no.py', '--evaluator', 'evaluator.py'],
      /no\.py does not exist/,
    ],
    [
      'an empty program',
      ['--program', 'empty.py', '--evaluator', 'evaluator.py'],
      /empty\.py is empty/,
    ],
    [
      'a folder as program',
      ['--program', 'folder.py', '--evaluator', 'evaluator.py'],
      /folder\.py is a folder/,
    ],
    [
      'a missing evaluator',
      ['--program', 'program.py', '--evaluator', 'no.py'],
      /no\.py does not exist/,
    ],
    ['no program at all', ['--evaluator', 'evaluator.py'], /--program/],
    ['broken YAML', [...files, '--config', 'broken.yaml'], /broken\.yaml is not valid YAML.*line/],
    [
      'an unknown key',
      [...files, '--config', 'unknown-key.yaml'],
      /max_iteration is not a key.*max_iterations/,
    ],
    [
      'an unknown nested key',
      [...files, '--config', 'unknown-nested-key.yaml'],
      /llm\.temprature.*temperature/,
    ],
    ['0 iterations', [...files, '--iterations', '0'], /--iterations 0 .*from 1 to 1000000/],
    [
      'negative iterations',
      [...files, '--iterations', '-5'],
      /--iterations -5 .*from 1 to 1000000/,
    ],
    ['iterations in powers', [...files, '--iterations', '1e9'], /--iterations .*"1e9"/],
    [
      'too many iterations',
      [...files, '--iterations', '1000000000'],
      /--iterations 1000000000 .*from 1 to 1000000/,
    ],
    ['half an iteration', [...files, '--iterations', '1.5'], /--iterations 1\.5 .*whole number/],
    ['words for vCPUs', [...files, '--vcpus', 'many'], /--vcpus .*"many"/],
    ['too little time', [...files, '--timeout', '30s'], /--timeout 30s .*from 60 seconds/],
    ['too little memory', [...files, '--memory', '1'], /--memory 1 .*MiB/],
    [
      'memory that its workers do not fit in',
      [...files, '--memory', '1000'],
      /1000 MiB are too little for 8 vCPUs.*2560/,
    ],
    ['a name that Batch refuses', [...files, '--name', 'a b'], /name.*letters, digits/],
    ['an unknown flag', [...files, '--iteration', '5'], /--iteration/],
    ['a file without a flag', [...files, 'data.csv'], /"data\.csv" belongs to no flag/],
    ['a missing included file', [...files, '--include', 'no.csv'], /no\.csv does not exist/],
    [
      'a file from outside of the evaluator’s folder',
      [...files, '--include', '/etc/hostname'],
      /\/etc\/hostname lies outside of the evaluator's folder/,
    ],
    ['a time without a unit that there is', [...files, '--timeout', '5y'], /--timeout .*"5y"/],
    ['too short a time', [...files, '--timeout', '5s'], /--timeout 5s is not allowed/],
    ['a variable without a value', [...files, '--env', 'A'], /--env takes NAME=VALUE/],
    ['a variable of the service', [...files, '--env', 'AWS_REGION=x'], /AWS_REGION.*set by the/],
    ['a cap of nothing', [...files, '--max-usd', '0'], /--max-usd 0 .*more than 0/],
    [
      'prices that are none',
      [...files, '--prices', 'broken.yaml'],
      /broken\.yaml is not valid JSON/,
    ],
    ['a revision on this machine', [...files, '--revision', '3'], /no job definitions/],
    [
      'an owner that is none',
      [...files, '--owner', 'Ann-Marie'],
      /--owner "Ann-Marie".*lower-case/,
    ],
  ])(
    'refuses %s with one clear sentence, exit code 2 and nothing written',
    async (_, flags, sentence) => {
      const { code, stdout, stderr } = await command.run('submit', '--local', ...flags);
      expect(stderr.trim().split('\n')).toHaveLength(1);
      expect(stderr).toMatch(sentence);
      expect(stdout).toBe('');
      expect(code).toBe(2);
      expect(await writtenFiles()).toEqual([]);
    },
  );

  it('says the same in JSON', async () => {
    const { code, stdout } = await command.run(
      'submit',
      '--local',
      ...files,
      '--iterations',
      '0',
      '--json',
    );
    expect(JSON.parse(stdout)).toEqual({
      error: { code: 'USAGE', message: expect.stringContaining('--iterations 0') },
    });
    expect(code).toBe(2);
  });
});

describe('a job that there is not', () => {
  it.each([
    ['status', []],
    ['logs', []],
    ['results', ['--output', 'out']],
    ['cancel', []],
    ['drill', []],
  ])('%s ends with exit code 3 for an unknown id and 2 for what is no id', async (name, flags) => {
    const unknown = await command.run(name, '00000000', '--local', ...flags);
    expect(unknown.stderr).toMatch(/has no job 00000000/);
    expect(unknown.code).toBe(3);
    const wrong = await command.run(name, 'not/an/id', '--local', ...flags);
    expect(wrong.stderr).toMatch(/"not\/an\/id" names no job/);
    expect(wrong.code).toBe(2);
    expect(await readdir(command.folder)).not.toContain('out');
  });
});

it('refuses a command without the job that it needs', async () => {
  const { code, stderr } = await command.run('status', '--local');
  expect(stderr).toMatch(/status needs a JOB/);
  expect(code).toBe(2);
});

it('refuses a state that there is not', async () => {
  const { code, stderr } = await command.run('list', 'DONE', '--local');
  expect(stderr).toMatch(/"DONE" is no job state.*SUCCEEDED/);
  expect(code).toBe(2);
});

it('refuses an unknown command', async () => {
  const { code, stderr } = await command.run('sumbit');
  expect(stderr.trim().split('\n')).toHaveLength(1);
  expect(code).toBe(2);
});

it('refuses a Python that has no OpenEvolve, before anything is written', async () => {
  const other = await builtCommand({ OPENEVOLVE_PYTHON: '/bin/true' });
  await writeFile(join(other.folder, 'program.py'), 'x = 1\n');
  await writeFile(join(other.folder, 'evaluator.py'), 'def evaluate(path):\n    return {}\n');
  const { code, stderr } = await other.run('submit', '--local', ...files);
  expect(stderr).toMatch(/\/bin\/true, which is no Python that has OpenEvolve/);
  expect(code).toBe(2);
  await other.dispose();
});

it('refuses a home that cannot hold jobs', async () => {
  const other = await builtCommand({ OPENEVOLVE_AWS_HOME: '/dev/null/home' });
  const { code, stderr } = await other.run('list', '--local');
  expect(stderr).toMatch(/cannot be kept in \/dev\/null\/home.*OPENEVOLVE_AWS_HOME/);
  expect(code).toBe(2);
  await other.dispose();
});

it('prints JSON also for a flag that it does not know', async () => {
  const { code, stdout } = await command.run('submit', '--json', '--bogus');
  expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'USAGE' } });
  expect(code).toBe(2);
});

it('refuses an empty number, as a variable that is not set would leave it', async () => {
  const { code, stderr } = await command.run('submit', '--local', ...files, '--iterations', '');
  expect(stderr).toMatch(/--iterations takes a number/);
  expect(code).toBe(2);
});

it('says that AWS is asked for and not there, rather than run on this machine', async () => {
  const onAws = await builtCommand({ OPENEVOLVE_JOB_QUEUE: 'openevolve-prod-queue' });
  const { code, stderr } = await onAws.run('list');
  expect(stderr).toMatch(/Where jobs go is not known.*--local/);
  expect(code).toBe(2);
  await onAws.dispose();
});

/** All files of the two stores and of the job records. */
async function writtenFiles(): Promise<string[]> {
  const entries = await readdir(command.home, { recursive: true, withFileTypes: true }).catch(
    () => [],
  );
  return entries.filter((entry) => entry.isFile()).map(({ name }) => name);
}
