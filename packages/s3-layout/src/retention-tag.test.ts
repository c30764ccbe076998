import { expect, it } from 'vitest';
import { outputKeys } from './keys.ts';
import { retentionOf } from './retention-tag.ts';

const finished = { finished: true, checkpoint: 'checkpoint_10' };
const failed = { finished: false, checkpoint: null };

it.each([
  outputKeys.commit(1),
  outputKeys.pack(7, 3),
  outputKeys.attempt(7),
  outputKeys.trace(7, 1),
])('keeps %s for a resume, however the job ended', (key) => {
  expect(retentionOf(key, finished)).toBe('resumable');
  expect(retentionOf(key, failed)).toBe('resumable');
});

it.each([
  outputKeys.summary,
  outputKeys.bestProgram('.py'),
  outputKeys.log('attempt-1.log'),
  outputKeys.progress,
  `${outputKeys.checkpoint('checkpoint_10')}metadata.json`,
])('counts %s among the results of a job that finished, and not of one that failed', (key) => {
  expect(retentionOf(key, finished)).toBe('finished');
  expect(retentionOf(key, failed)).toBe('failed');
});

it('lets go of plain checkpoints that the final one took the place of', () => {
  const older = `${outputKeys.checkpoint('checkpoint_1')}metadata.json`;
  expect(retentionOf(older, finished)).toBe('superseded');
  expect(retentionOf(older, failed)).toBe('failed');
});
