import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { collect } from '@openevolve-aws/object-store/testing';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type MemoryBackend, memoryBackend, storeResults } from '../../tests/memory-backend.ts';
import type { CallOptions } from '../backend.ts';
import { cancelJob } from './cancel-job.ts';
import { controlJob } from './control-job.ts';
import { describeJob } from './describe-job.ts';
import { describeJobs } from './describe-jobs.ts';
import { drillJob } from './drill-job.ts';
import { explainJob } from './explain-job.ts';
import { fetchResults } from './fetch-results.ts';
import { findJob } from './find-job.ts';
import { findRun } from './find-run.ts';
import { followLogs } from './follow-logs.ts';
import { listJobs } from './list-jobs.ts';
import { makeSubmission } from './make-submission.ts';
import { resumeJob } from './resume-job.ts';
import { submitJob } from './submit-job.ts';
import { verifyJob } from './verify-job.ts';
import { waitForJob } from './wait-for-job.ts';

let folder: string;
let backend: MemoryBackend;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'with-signal-'));
  backend = memoryBackend();
  const { job } = await storeResults(backend);
  await makeSubmission(backend, job, 1, 0);
});

afterEach(() => rm(folder, { recursive: true, force: true }));

const id = '0a1b2c3d';
const calls: [name: string, call: (options: CallOptions) => Promise<unknown>][] = [
  ['findJob', (options) => findJob(backend, 'alice', id, options)],
  ['findRun', (options) => findRun(backend, 'alice', id, options)],
  ['describeJob', (options) => describeJob(backend, 'alice', id, options)],
  ['describeJobs', (options) => describeJobs(backend, 'alice', [id], options)],
  ['explainJob', (options) => explainJob(backend, 'alice', id, options)],
  ['listJobs', (options) => collect(listJobs(backend, 'alice', options))],
  ['waitForJob', (options) => waitForJob(backend, 'alice', id, options)],
  [
    'followLogs',
    (options) =>
      collect(
        followLogs(backend, 'alice', id, {
          follow: false,
          ...(options.signal && { signal: options.signal }),
        }),
      ),
  ],
  [
    'fetchResults',
    (options) => fetchResults(backend, 'alice', id, { directory: join(folder, 'r'), ...options }),
  ],
  ['verifyJob', (options) => verifyJob(backend, 'alice', id, options)],
  ['controlJob', (options) => controlJob(backend, 'alice', id, { kind: 'commit' }, options)],
  ['cancelJob', (options) => cancelJob(backend, 'alice', id, options)],
  ['resumeJob', (options) => resumeJob(backend, 'alice', id, options)],
  ['drillJob', (options) => drillJob(backend, 'alice', id, 0, options)],
  [
    'submitJob',
    async (options) => {
      const program = join(folder, 'program.py');
      await writeFile(program, 'def evaluate(path):\n    return {}\n');
      const request = { owner: 'alice', program, evaluator: program };
      return submitJob(backend, { ...request, model: { kind: 'provider' } }, options);
    },
  ],
];

it.each(calls)('%s ends with ABORTED when its caller says so', async (_, call) => {
  const submitted = backend.submissions.length;
  await expect(call({ signal: AbortSignal.abort() })).rejects.toMatchObject({
    name: 'BatchClientError',
    code: 'ABORTED',
  });
  expect(backend.submissions).toHaveLength(submitted);
  expect(await collect(backend.inputs.list(`users/alice/${id}/input/control/`))).toEqual([]);
});
