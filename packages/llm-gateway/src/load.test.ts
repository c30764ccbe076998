import { expect, test } from 'vitest';
import { Load } from './load.ts';

test('requests are bounded in number and in bytes, and room that is given back is used again', () => {
  const load = new Load({ requests: 2, bytes: 10 });
  const first = load.share();
  const second = load.share();
  expect(load.share()).toBeNull();
  expect(first?.add(4)).toBe(true);
  expect(first?.add(2)).toBe(true);
  expect(second?.add(5)).toBe(false);
  expect(second?.add(4)).toBe(true);
  first?.release();
  expect(second?.add(6)).toBe(true);
  expect(load.share()?.add(1)).toBe(false);
});
