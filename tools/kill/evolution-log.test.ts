import { expect, it } from 'vitest';
import { parseEvolutionLog, populationAfter } from './evolution-log.ts';

const id = (digit: number): string =>
  [8, 4, 4, 4, 12].map((length) => `${digit}`.repeat(length)).join('-');
const line = (second: number, message: string): string =>
  `2026-11-24 19:00:0${second},250 - openevolve.database - DEBUG - ${message}\n`;

const text = [
  line(0, `Added program ${id(1)} to island 0`),
  line(0, 'Initialized process parallel controller with 3 workers'),
  line(1, `Added program ${id(2)} to island 0`),
  line(1, `Iteration 1: Program ${id(2)} (parent: ${id(1)}) completed in 0.30s`),
  line(2, 'Iteration 3 error [full_rewrite]: LLM generation failed'),
  line(3, `Removed orphaned program ${id(1)} displaced from its cell`),
  line(3, `Added program ${id(3)} to island 1`),
  line(3, `Iteration 2: Program ${id(3)} (parent: None) completed in 0.30s`),
  line(4, `Removed program ${id(2)} due to population limit`),
].join('');

it('tells which iterations finished, in order, and which of them gave no program', () => {
  const { iterations } = parseEvolutionLog(text);
  expect(iterations.map(({ number, program }) => [number, program])).toEqual([
    [1, id(2)],
    [3, null],
    [2, id(3)],
  ]);
  expect(iterations[1]?.at).toBe(new Date(2026, 10, 24, 19, 0, 2, 250).getTime());
});

it('gives the population after any number of iterations, and nothing of the next one', () => {
  const log = parseEvolutionLog(text);
  expect([...populationAfter(new Set(), log, 0)]).toEqual([id(1)]);
  expect([...populationAfter(new Set(), log, 2)]).toEqual([id(1), id(2)]);
  expect([...populationAfter(new Set([id(9)]), log, 3)]).toEqual([id(9), id(2), id(3)]);
});

it('finds a record that stands in the middle of a long one of a worker', () => {
  const torn = `2026-11-24 19:00:01,000 - openai - DEBUG - Request options: {${line(1, 'Iteration 7 error: no reply')}}`;
  expect(parseEvolutionLog(torn).iterations.map(({ number }) => number)).toEqual([7]);
});

it('counts no line that only speaks of an iteration', () => {
  expect(parseEvolutionLog(line(1, 'Error in worker iteration 4')).iterations).toEqual([]);
});
