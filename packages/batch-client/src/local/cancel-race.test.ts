import { afterEach, beforeEach, expect, it } from 'vitest';
import { LocalMachine, until } from '../../tests/local-machine.ts';
import { isTerminal } from '../backend.ts';

const JOBS = 12;

let machine: LocalMachine;

beforeEach(async () => {
  machine = await LocalMachine.open(String(JOBS));
});

afterEach(() => machine.close());

it('settles jobs that are cancelled at the moment they end, each in one consistent way', async () => {
  const jobs = await Promise.all(
    Array.from({ length: JOBS }, () => machine.submit('ends-when-released')),
  );
  await Promise.all(jobs.map(({ batchJobId }) => machine.logged(batchJobId, 'attempt 1')));
  await Promise.all(
    jobs.map(async ({ jobId, batchJobId }) => {
      await machine.release(jobId);
      await machine.backend.terminate(batchJobId, 'Cancelled by alice');
    }),
  );
  const ids = jobs.map(({ batchJobId }) => batchJobId);
  const ended = await until('the end of all', async () => {
    const seen = await machine.backend.describe(ids);
    return seen.every(({ status }) => isTerminal(status)) && seen;
  });
  for (const { status, statusReason, attempts } of ended) {
    expect(attempts.every(({ stoppedAt }) => stoppedAt !== null)).toBe(true);
    // A second attempt may have begun before the cancel arrived; none begins after it.
    expect([75, 143, 0]).toContain(attempts.at(-1)?.exitCode);
    if (attempts.at(-1)?.exitCode === 0) {
      expect(status).toBe('SUCCEEDED');
    } else {
      expect({ status, statusReason }).toEqual({
        status: 'FAILED',
        statusReason: 'Cancelled by alice',
      });
    }
  }
  // What was written late would overwrite what is settled.
  await until('the end of the supervisor', async () => (await machine.supervisorPid()) === null);
  expect(await machine.backend.describe(ids)).toEqual(ended);
});
