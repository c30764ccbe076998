import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { readOpenEvolveYaml, toOpenEvolveYaml } from './openevolve-yaml.ts';

const python = fileURLToPath(new URL('../../../.venv/bin/python', import.meta.url));

it.each([
  { llm: { temperature: 0.7, max_tokens: 4096, models: [{ name: 'a', weight: 1 }] } },
  { small: 1e-7, large: 1e21, negative: -2.5e-9, nested: { list: [1e-10] } },
  { words: ['yes', 'no', 'on', '12:30:45', '0x10', '1e-7', '~', '', ' a ', '# b'] },
  { text: 'two\nlines\n', long: 'word '.repeat(60), quote: '"\'\\' },
  { flag: true, nothing: null },
])('writes %j so that PyYAML reads the same', (config) => {
  const program = 'import json, sys, yaml; print(json.dumps(yaml.safe_load(sys.stdin.read())))';
  const read = execFileSync(python, ['-c', program], {
    input: toOpenEvolveYaml(config),
    encoding: 'utf8',
  });
  expect(JSON.parse(read)).toEqual(config);
});

it('reads what YAML 1.1 calls true', () => {
  expect(readOpenEvolveYaml('diff_based_evolution: yes')).toEqual({ diff_based_evolution: true });
});

it('reads one letter as a name, as PyYAML does', () => {
  expect(readOpenEvolveYaml('database:\n  feature_dimensions: [x, y, n]\n  no: off')).toEqual({
    database: { feature_dimensions: ['x', 'y', 'n'], false: false },
  });
});

it('refuses what is not YAML with one sentence', () => {
  expect(() => readOpenEvolveYaml('a: [')).toThrow(
    expect.objectContaining({ code: 'BAD_PROGRAM', message: expect.stringMatching(/^[^\n]+$/) }),
  );
});
