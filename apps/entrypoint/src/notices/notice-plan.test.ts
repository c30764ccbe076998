import { expect, it } from 'vitest';
import { planForNotice } from './notice-plan.ts';

const now = new Date('2026-01-01T00:00:00Z');
const at = (seconds: number) => new Date(now.getTime() + seconds * 1000).toISOString();

it('commits, and stops half a minute before the machine goes', () => {
  expect(planForNotice({ action: 'terminate', time: at(120) }, now)).toEqual({
    commitEachIteration: true,
    stopInMs: 90_000,
  });
});

it.each([30, 10, -5])('stops at once when %d s are left', (seconds) => {
  expect(planForNotice({ action: 'stop', time: at(seconds) }, now).stopInMs).toBe(0);
});

it('commits and runs on after a rebalance recommendation', () => {
  expect(planForNotice({ action: 'rebalance', time: at(0) }, now)).toEqual({
    commitEachIteration: false,
    stopInMs: null,
  });
});
