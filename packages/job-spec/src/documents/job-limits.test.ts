import { expect, it } from 'vitest';
import { limitsOf } from './job-limits.ts';

const job = { iterations: 100, maxUsd: 5, timeoutSeconds: 3600 };

it('are those that the job was submitted with when nothing was asked since', () => {
  expect(limitsOf(job, [])).toEqual({
    iterations: 100,
    usd: 5,
    tokens: null,
    timeoutSeconds: 3600,
  });
});

it('go by the newest request, which leaves what it does not name', () => {
  expect(
    limitsOf(job, [
      { kind: 'extend', iterations: 200 },
      { kind: 'cap', usd: 20 },
      { kind: 'stop' },
      { kind: 'cap', tokens: 1_000 },
      { kind: 'timeout', seconds: 7200 },
      { kind: 'extend', iterations: 150 },
    ]),
  ).toEqual({ iterations: 150, usd: 20, tokens: 1_000, timeoutSeconds: 7200 });
});
