import { expect, it } from 'vitest';
import { findConfigProblems } from './openevolve-config.ts';

it('finds nothing wrong with what OpenEvolve takes', () => {
  for (const config of [
    null,
    {},
    { max_iterations: 5, llm: { primary_model: 'a', temperature: 0.5 } },
  ]) {
    expect(findConfigProblems(config)).toEqual([]);
  }
});

it('names a key that OpenEvolve would ignore, and the nearest that it knows', () => {
  expect(findConfigProblems({ max_iteration: 5 })).toEqual([
    'max_iteration is not a key of OpenEvolve, which would ignore it (did you mean max_iterations?)',
  ]);
  expect(findConfigProblems({ llm: { temprature: 0.5 } })[0]).toContain(
    'did you mean temperature?',
  );
  expect(findConfigProblems({ zzzzzzzz: 1 })[0]).not.toContain('did you mean');
});

it.each([
  { checkpoint_interval: 0 },
  { database: { num_islands: 0 } },
  { evaluator: { timeout: -4 } },
  { llm: { timeout: 0 } },
])('refuses %j, by which a run would fail later', (config) => {
  expect(findConfigProblems(config)).toEqual([expect.stringContaining('must be more than 0')]);
});
