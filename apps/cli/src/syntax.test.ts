import { expect, it } from 'vitest';
import { joinNegativeNumbers } from './syntax.ts';

it.each([
  [
    ['submit', '--iterations', '-5'],
    ['submit', '--iterations=-5'],
  ],
  [
    ['submit', '--iterations=3', '-5'],
    ['submit', '--iterations=3', '-5'],
  ],
  [
    ['submit', '--json', '--local'],
    ['submit', '--json', '--local'],
  ],
  [
    ['logs', '-f', 'a1b2c3d4'],
    ['logs', '-f', 'a1b2c3d4'],
  ],
])('reads %j as %j', (words, joined) => {
  expect(joinNegativeNumbers(words)).toEqual(joined);
});
