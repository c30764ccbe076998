import { iterationsSchema } from '@openevolve-aws/job-spec';
import { expect, it } from 'vitest';
import { parseNumber, required } from './flags.ts';

it('takes whole numbers within their bounds', () => {
  expect(parseNumber('--iterations', '100', iterationsSchema)).toBe(100);
});

it.each([
  '0',
  '-5',
  '1e9',
  '1.5',
  '0x10',
  '',
  ' 5',
  'NaN',
  'Infinity',
  '1000001',
  '99999999999999999999',
])('refuses %j and names the flag', (text) => {
  expect(() => parseNumber('--iterations', text, iterationsSchema)).toThrow(/^--iterations /);
});

it('names a flag that is missing', () => {
  expect(() => required('--program', undefined, 'the program')).toThrow(/^--program is missing/);
  expect(required('--program', 'a.py', 'the program')).toBe('a.py');
});
