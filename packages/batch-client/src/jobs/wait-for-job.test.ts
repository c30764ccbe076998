import { beforeEach, expect, it } from 'vitest';
import { type MemoryBackend, memoryBackend, storeResults } from '../../tests/memory-backend.ts';
import type { BatchStatus } from '../backend.ts';
import { BatchClientError } from '../errors.ts';
import { makeSubmission } from './make-submission.ts';
import { waitForJob } from './wait-for-job.ts';

let looks: (BatchStatus | Error)[];
let backend: MemoryBackend;

beforeEach(async () => {
  const inner = memoryBackend();
  backend = {
    ...inner,
    async describe(ids) {
      const look = looks.length > 1 ? looks.shift() : looks[0];
      if (look instanceof Error) {
        throw look;
      }
      return (await inner.describe(ids)).map((job) => ({ ...job, status: look ?? job.status }));
    },
  };
  const { job } = await storeResults(backend);
  await makeSubmission(backend, job, 1, 0);
});

const outage = new BatchClientError('UNAVAILABLE', 'No network.');

it('waits for the end, across an outage, and shows what it sees', async () => {
  looks = ['RUNNABLE', outage, 'RUNNING', 'FAILED'];
  const seen: BatchStatus[] = [];
  const { batch } = await waitForJob(backend, 'alice', '0a1b2c3d', {
    lookMs: 1,
    onLook: (view) => seen.push(view.batch.status),
  });
  expect(batch.status).toBe('FAILED');
  expect(seen).toEqual(['RUNNABLE', 'RUNNING', 'FAILED']);
});

it('gives up when an outage lasts too long, and at once for what cannot pass', async () => {
  looks = ['RUNNING', outage];
  const waiting = waitForJob(backend, 'alice', '0a1b2c3d', { lookMs: 1, outageMs: 20 });
  await expect(waiting).rejects.toBe(outage);
  looks = [new BatchClientError('ACCESS_DENIED', 'No.')];
  await expect(waitForJob(backend, 'alice', '0a1b2c3d')).rejects.toMatchObject({
    code: 'ACCESS_DENIED',
  });
});

it('ends when its caller wants it to', async () => {
  looks = ['RUNNING'];
  const controller = new AbortController();
  const waiting = waitForJob(backend, 'alice', '0a1b2c3d', {
    onLook: () => controller.abort(),
    signal: controller.signal,
  });
  await expect(waiting).rejects.toMatchObject({ code: 'ABORTED' });
});
