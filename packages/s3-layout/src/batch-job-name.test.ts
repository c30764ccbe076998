import { expect, it } from 'vitest';
import { batchJobName, jobIdOfName } from './batch-job-name.ts';

const id = '0a1b2c3d';

it.each([
  ['first', 1, 'first-0a1b2c3d-1'],
  [`openevolve-alice-${id}`, 1, `openevolve-alice-${id}-1`],
  ['x'.repeat(128), 12, `${'x'.repeat(116)}-${id}-12`],
])('names the Batch job of %s', (name, submission, expected) => {
  const made = batchJobName({ name, id }, submission);
  expect(made).toBe(expected);
  expect(made.length).toBeLessThanOrEqual(128);
  expect(jobIdOfName(made)).toBe(id);
});

it('finds the short id in a default name, and none in another', () => {
  expect(jobIdOfName(`openevolve-alice-${id}`)).toBe(id);
  expect(jobIdOfName('first')).toBeNull();
});
