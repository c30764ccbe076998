import { type AttemptRecord, serializeDocument } from '@openevolve-aws/job-spec';
import { beforeEach, expect, it } from 'vitest';
import { type MemoryBackend, memoryBackend, storeResults } from '../../tests/memory-backend.ts';
import type { BatchStatus } from '../backend.ts';
import { describeJob } from './describe-job.ts';
import { makeSubmission } from './make-submission.ts';
import { resumeJob } from './resume-job.ts';

let status: BatchStatus;
let backend: MemoryBackend;

beforeEach(() => {
  const inner = memoryBackend();
  backend = {
    ...inner,
    describe: async (ids) => (await inner.describe(ids)).map((job) => ({ ...job, status })),
  };
});

const resume = (request: Parameters<typeof resumeJob>[3]) =>
  resumeJob(backend, 'alice', '0a1b2c3d', request);

it('goes on after a time limit with a longer one, and with the same one not', async () => {
  status = 'FAILED';
  const { job, prefix } = await storeResults(backend);
  const limited = { ...job, timeoutSeconds: 3600 };
  await backend.inputs.put('users/alice/0a1b2c3d/input/job.json', serializeDocument(limited));
  await makeSubmission(backend, job, 1, 0);
  const record: AttemptRecord = {
    version: 1,
    jobId: job.id,
    generation: 1,
    submission: 1,
    batchJobId: null,
    batchAttempt: 1,
    startedAt: '2026-01-01T00:00:00Z',
    resumedFrom: null,
    skipped: [],
    noticeSource: 'none',
    machine: { instanceType: null, vcpus: 1, memoryMib: 1024 },
    versions: { entrypoint: '0', node: '0', python: '0', openevolve: '0' },
    ended: {
      at: '2026-01-01T00:59:10Z',
      how: 'interrupted',
      exitCode: 73,
      reason: 'interrupted (time limit of 3600 s)',
      iterationsDone: 5,
      commit: 1,
      iterationsLost: 0,
    },
  };
  await backend.outputs.put(`${prefix}/attempts/1.json`, serializeDocument(record));

  await expect(resume({})).rejects.toMatchObject({
    code: 'CONFLICT',
    message: expect.stringMatching(/time limit of 3600 s.*--timeout/),
  });
  await expect(resume({ timeoutSeconds: 1800 })).rejects.toMatchObject({ code: 'CONFLICT' });
  expect(backend.submissions).toHaveLength(1);
  expect(await resume({ timeoutSeconds: 7200 })).toMatchObject({ submission: 2 });
  expect((await describeJob(backend, 'alice', job.id)).limits.timeoutSeconds).toBe(7200);
});

it('of a job that met its target asks for more than was asked for before', async () => {
  status = 'SUCCEEDED';
  const iterations = { asked: 100, completed: 40, failed: 0 };
  const { job } = await storeResults(backend, { outcome: 'target', iterations });
  await makeSubmission(backend, job, 1, 0);
  await expect(resume({ iterations: 50 })).rejects.toMatchObject({
    code: 'CONFLICT',
    message: expect.stringMatching(/40 iterations, since it met its target.*more than 100/),
  });
  expect(await resume({ iterations: 101 })).toMatchObject({ submission: 2 });
});
