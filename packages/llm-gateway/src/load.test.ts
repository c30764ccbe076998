import { expect, test } from 'vitest';
import { Load } from './load.ts';

test('requests are bounded in number and in bytes, and room that is given back is used again', () => {
  const load = new Load({ requests: 2, bytes: 10 });
  expect(load.take(6)).toBe(true);
  expect(load.take(5)).toBe(false);
  expect(load.take(4)).toBe(true);
  expect(load.take(0)).toBe(false);
  load.give(6);
  expect(load.take(6)).toBe(true);
});
