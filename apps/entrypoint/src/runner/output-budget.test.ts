import { expect, it } from 'vitest';
import { OutputBudget } from './output-budget.ts';

it('lets an ordinary log through, stops a flood, and says later how much was left out', () => {
  let now = 0;
  const budget = new OutputBudget(() => now);
  const line = 'x'.repeat(1023);
  let shown = 0;
  for (let count = 0; count < 20 * 1024; count += 1) {
    shown += budget.take(line).shown ? 1 : 0;
  }
  expect(shown).toBe(8 * 1024);
  now = 60_000;
  expect(budget.take('quiet again')).toEqual({ shown: true, leftOut: 12 * 1024 });
  expect(budget.take('and again')).toEqual({ shown: true, leftOut: 0 });
});
