import { expect, it } from 'vitest';
import { Silence } from './silence.ts';

const looks = (silence: Silence, count: number) =>
  Array.from({ length: count }, () => silence.lasts());

it('wakes a runner that is silent, and has it killed when that does not help', () => {
  const silence = new Silence();
  silence.heard('started');
  expect(looks(silence, 11)).toEqual(['nothing', ...Array(9).fill('wake'), 'kill']);
});

it('begins anew with every event', () => {
  const silence = new Silence();
  silence.heard('started');
  looks(silence, 9);
  silence.heard('throughput');
  expect(looks(silence, 2)).toEqual(['nothing', 'wake']);
});

it('gives the first program all the time that it needs', () => {
  const silence = new Silence();
  silence.heard('problem');
  expect(looks(silence, 100)).toEqual(Array(100).fill('nothing'));
});
