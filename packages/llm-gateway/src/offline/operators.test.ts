import { expect, test } from 'vitest';
import { adjustments, operatorSwaps } from './operators.ts';
import { Random } from './random.ts';

const random = new Random('operators');
const swapped = (code: string) =>
  operatorSwaps(code, random).map(({ start, end }) => code.slice(start, end));
const adjusted = (code: string) =>
  adjustments(code, random).map(({ start, end }) => code.slice(start, end));

test.each([
  ['a + b*c - (d / e)', ['+', '-', '/', '*']],
  ['if a < b and max(c, d) >= e:', ['<', 'and', '>=', 'max']],
  ['x += y', ['+=']],
  ['f(*args, **kw) -> T', []],
  ['int *p = &x; Vec<f64>; 1e-5; x**2; a // b; return -x', []],
])('the operators of %j that can be swapped are %j', (code, expected) => {
  expect(swapped(code)).toEqual(expected);
});

test.each([
  ['    return x * x', ['x * x']],
  ['double y = a + b;', ['a + b']],
  ['x = f(a)[b]', ['f(a)[b]']],
  ['x = y if z else w', []],
  ['x = [a, b]', []],
  ['x = f(a,', []],
  ['x = True', []],
  ['x == y', []],
  ['y = (x) * 2.0', []],
])('the expressions of %j that can be shifted are %j', (code, expected) => {
  expect(adjusted(code)).toEqual(expected);
});
