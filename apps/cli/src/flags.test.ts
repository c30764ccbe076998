import { iterationsSchema } from '@openevolve-aws/job-spec';
import { expect, it } from 'vitest';
import { z } from 'zod';
import {
  optionalDuration,
  optionalMoment,
  parseNumber,
  parseVariables,
  required,
} from './flags.ts';

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

it('refuses a moment that no date can be', () => {
  expect(() => optionalMoment('--since', '999999999999d', new Date())).toThrow(/^--since takes/);
});

it('names a flag that is missing', () => {
  expect(() => required('--program', undefined, 'the program')).toThrow(/^--program is missing/);
  expect(required('--program', 'a.py', 'the program')).toBe('a.py');
});

it.each([
  ['90', 90],
  ['90s', 90],
  ['1.5m', 90],
  ['12h', 43_200],
  ['2d', 172_800],
])('reads the time %s', (text, seconds) => {
  expect(optionalDuration('--timeout', text, z.int())).toBe(seconds);
});

it.each(['', 'h', '12 h', '-5m', '1e3', '5w'])('refuses the time %j', (text) => {
  expect(() => optionalDuration('--timeout', text, z.int())).toThrow(/--timeout takes a time/);
});

it('reads a moment as such, or as how long ago it was', () => {
  const now = new Date('2026-01-31T12:00:00Z');
  expect(optionalMoment('--since', '10m', now)).toBe('2026-01-31T11:50:00.000Z');
  expect(optionalMoment('--since', '2026-01-30', now)).toBe('2026-01-30T00:00:00.000Z');
  expect(() => optionalMoment('--since', 'yesterday', now)).toThrow(/--since takes how long ago/);
});

it('reads variables, of which values may be empty and hold more signs of equality', () => {
  expect(parseVariables('--env', ['A=1', 'B=', 'C=x=y', 'A=2'])).toEqual({
    A: '2',
    B: '',
    C: 'x=y',
  });
  expect(() => parseVariables('--env', ['A'])).toThrow(/NAME=VALUE/);
  expect(() => parseVariables('--env', ['=x'])).toThrow(/NAME=VALUE/);
});
