import { expect, it } from 'vitest';
import type { BatchClientError } from '../errors.ts';
import { awsError } from './aws-errors.ts';
import { repeating } from './repeating.ts';

const patience = { deadlineMs: 5_000, baseDelayMs: 1, maxDelayMs: 2, attempts: 3 };
const failure = (name: string, status: number, more: object = {}) =>
  awsError(
    Object.assign(new Error('x'), { name, $metadata: { httpStatusCode: status, ...more } }),
    {
      service: 'AWS Batch',
      action: 'DescribeJobs',
      region: 'us-east-1',
    },
  );

/** Calls something that fails a number of times, and counts the calls. */
async function tries(error: Error, times: number): Promise<{ calls: number; ended: string }> {
  let calls = 0;
  const ended = await repeating(
    async () => {
      calls += 1;
      if (calls <= times) {
        throw error;
      }
      return 'done';
    },
    {},
    patience,
  ).catch((thrown: BatchClientError) => thrown.code);
  return { calls, ended };
}

it.each([
  ['throttling', failure('ThrottlingException', 429), 20, { calls: 21, ended: 'done' }],
  ['a fault', failure('ServerException', 500), 2, { calls: 3, ended: 'done' }],
  ['a fault that stays', failure('ServerException', 500), 9, { calls: 3, ended: 'UNAVAILABLE' }],
  ['a refusal', failure('AccessDenied', 403), 1, { calls: 1, ended: 'ACCESS_DENIED' }],
  [
    'a clock that the SDK has set',
    failure('RequestTimeTooSkewed', 403, { clockSkewCorrected: true }),
    1,
    { calls: 2, ended: 'done' },
  ],
  [
    'a clock that cannot be set',
    failure('RequestTimeTooSkewed', 403, { clockSkewCorrected: true }),
    9,
    { calls: 2, ended: 'CLOCK_SKEW' },
  ],
])('after %s', async (_, error, times, expected) => {
  expect(await tries(error, times)).toEqual(expected);
});

it('waits no longer than its deadline, and not at all for a caller who has gone', async () => {
  const throttled = failure('ThrottlingException', 429);
  const failing = async () => {
    throw throttled;
  };
  const short = { ...patience, deadlineMs: 20 };
  await expect(repeating(failing, {}, short)).rejects.toBe(throttled);
  const signal = AbortSignal.abort();
  await expect(repeating(failing, { signal }, patience)).rejects.toMatchObject({
    code: 'ABORTED',
  });
});
