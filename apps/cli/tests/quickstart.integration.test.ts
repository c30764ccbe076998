import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { summarySchema } from '@openevolve-aws/job-spec';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type BuiltCommand, builtCommand } from './built-command.ts';

let command: BuiltCommand;

beforeAll(async () => {
  command = await builtCommand();
});

afterAll(() => command.dispose());

it('shows a job that is interrupted half way and resumes without loss', async () => {
  const output = join(command.folder, 'quickstart-results');
  const { code, stdout } = await command.run('quickstart', '--output', output);
  expect(stdout).toMatch(/lost +0 finished iterations/);
  expect(code).toBe(0);
  expect((await readdir(output)).sort()).toEqual([
    'best_program.py',
    'evolution_summary.json',
    'logs',
  ]);
  const summary = summarySchema.parse(
    JSON.parse(await readFile(join(output, 'evolution_summary.json'), 'utf8')),
  );
  expect(summary.iterations.completed).toBe(summary.iterations.asked);
  expect(summary.best?.score ?? 0).toBeGreaterThan(summary.initial?.score ?? 0);
  const [first, second] = summary.attempts;
  expect(first?.ended).toMatchObject({ exitCode: 75, iterationsLost: 0 });
  expect(second?.resumedFrom).toMatchObject({
    commit: first?.ended?.commit,
    iterationsDone: first?.ended?.iterationsDone,
  });
});

it('refuses, before it begins, a folder that holds something else, and leaves it alone', async () => {
  const output = join(command.folder, 'mine');
  await mkdir(output);
  await writeFile(join(output, 'evolution_summary.json'), '{"version": 1, "name": "my job"}');
  const { code, stdout, stderr } = await command.run('quickstart', '--output', output);
  expect(stderr).toMatch(/mine holds something else/);
  expect(code).toBe(6);
  expect(stdout).toBe('');
  expect(await readdir(output)).toEqual(['evolution_summary.json']);
});
