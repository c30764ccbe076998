import { expect, it } from 'vitest';
import type { AttemptRecord } from './attempt-record.ts';
import { timeLeftMs } from './time-limit.ts';

const lasted = (minutes: number) =>
  ({
    startedAt: '2026-01-01T00:00:00Z',
    ended: { at: new Date(Date.parse('2026-01-01T00:00:00Z') + minutes * 60_000).toISOString() },
  }) as AttemptRecord;

it('has no limit when the job has none', () => {
  expect(timeLeftMs(null, [lasted(1000)])).toBeNull();
});

it('ends a minute before the limit', () => {
  expect(timeLeftMs(3600, [])).toBe(59 * 60_000);
});

it('counts all attempts together', () => {
  expect(timeLeftMs(3600, [lasted(20), lasted(30)])).toBe(9 * 60_000);
  expect(timeLeftMs(3600, [lasted(60)])).toBeLessThan(0);
});

it('keeps a short limit from being all margin', () => {
  expect(timeLeftMs(60, [])).toBe(54_000);
});
