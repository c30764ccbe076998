import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type TimeIndexEntry, timeIndexEntryOfKey, timeIndexKey } from './time-index.ts';

const entry: TimeIndexEntry = {
  createdAt: '2026-01-01T00:00:00.000Z',
  jobId: '0a1b2c3d',
  submission: 1,
  name: 'first',
  batchJobId: null,
};

it('sorts the newest first, and the Batch job behind its submission', () => {
  const key = (changes: Partial<TimeIndexEntry>) => timeIndexKey('alice', { ...entry, ...changes });
  const keys = [
    key({ createdAt: '2030-01-01T00:00:00.001Z' }),
    key({ createdAt: '2030-01-01T00:00:00.000Z' }),
    key({}),
    key({ batchJobId: 'abc12345' }),
    key({ createdAt: '2000-01-01T00:00:00.000Z' }),
  ];
  expect([...keys].sort()).toEqual(keys);
});

it('reads back every entry that it makes', () => {
  const entries = fc.record({
    createdAt: fc
      .integer({ min: 0, max: 4_102_444_800_000 })
      .map((milliseconds) => new Date(milliseconds).toISOString()),
    jobId: fc.stringMatching(/^[0-9a-f]{8}$/),
    submission: fc.integer({ min: 1, max: 999_999_999 }),
    name: fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9_-]{0,127}$/),
    batchJobId: fc.option(fc.uuid()),
  });
  fc.assert(
    fc.property(entries, (made) => {
      expect(timeIndexEntryOfKey(timeIndexKey('alice', made))).toEqual(made);
    }),
  );
});

it.each(['users/alice/by-time/', 'users/alice/by-time/1.0a1b2c3d.1.x', 'users/alice/other'])(
  'takes %s for no entry',
  (key) => {
    expect(timeIndexEntryOfKey(key)).toBeNull();
  },
);
