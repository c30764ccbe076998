import { expect, it } from 'vitest';
import { joinValues } from './syntax.ts';

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
    ['results', '--checkpoints', 'all', 'a1b2c3d4'],
    ['results', '--checkpoints=all', 'a1b2c3d4'],
  ],
  [
    ['results', 'a1b2c3d4', '--checkpoints', '50', '--force'],
    ['results', 'a1b2c3d4', '--checkpoints=50', '--force'],
  ],
  [
    ['results', '--checkpoints', '12345678'],
    ['results', '--checkpoints', '12345678'],
  ],
  [
    ['logs', '-f', 'a1b2c3d4'],
    ['logs', '-f', 'a1b2c3d4'],
  ],
])('reads %j as %j', (words, joined) => {
  expect(joinValues(words)).toEqual(joined);
});
