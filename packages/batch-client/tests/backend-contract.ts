import { collect } from '@openevolve-aws/object-store/testing';
import { test as base, describe, expect } from 'vitest';
import type { Backend, BatchJob, BatchStatus } from '../src/backend.ts';
import { cancelJob } from '../src/jobs/cancel-job.ts';
import { describeJob } from '../src/jobs/describe-job.ts';
import { explainJob } from '../src/jobs/explain-job.ts';
import { findJob } from '../src/jobs/find-job.ts';
import { followLogs } from '../src/jobs/follow-logs.ts';
import { type ListRequest, listJobs } from '../src/jobs/list-jobs.ts';
import type { SubmitRequest } from '../src/jobs/plan-submission.ts';
import { resumeJob } from '../src/jobs/resume-job.ts';
import type { SubmittedJob } from '../src/jobs/submit-job.ts';

/** A backend with jobs that do what their names say. */
export interface Subject {
  readonly backend: Backend;
  submit(name: string, changes?: Partial<SubmitRequest>): Promise<SubmittedJob>;
  /** A running job whose attempt has begun. */
  running(name: string): Promise<SubmittedJob>;
  inState(batchJobId: string, status: BatchStatus): Promise<BatchJob>;
  close(): Promise<void>;
}

/** What every backend does alike. */
export function backendContract(name: string, open: () => Promise<Subject>): void {
  // Most of a test's time is waiting, so several run at a time.
  const it = base.extend<{ subject: Subject }>({
    subject: async ({ task: _task }, use) => {
      const subject = await open();
      await use(subject);
      await subject.close();
    },
  });
  const textsOf = async (
    { backend }: Subject,
    reference: string,
    request: { attempt?: number | 'latest' } = {},
  ) =>
    (await collect(followLogs(backend, 'alice', reference, { follow: true, ...request }))).map(
      ({ text }) => text,
    );
  const listed = async ({ backend }: Subject, request: ListRequest = {}, owner = 'alice') =>
    (await collect(listJobs(backend, owner, request))).map(({ jobId }) => jobId);

  describe(name, () => {
    it.concurrent('runs a job to its end and shows its log', async ({ subject }) => {
      const { jobId, batchJobId } = await subject.submit('succeeds');
      expect(await textsOf(subject, jobId)).toEqual(['attempt 1 of succeeds']);
      expect(await subject.inState(batchJobId, 'SUCCEEDED')).toMatchObject({
        jobId,
        owner: 'alice',
        submission: 1,
        attempts: [{ number: 1, exitCode: 0 }],
      });
    });

    it.concurrent('goes on after exit code 75, and follows the log across it', async ({
      subject,
    }) => {
      const { jobId, batchJobId } = await subject.submit('interrupted-once');
      expect(await textsOf(subject, jobId)).toEqual([
        'attempt 1 of interrupted-once',
        'attempt 2 of interrupted-once',
      ]);
      expect(await textsOf(subject, jobId, { attempt: 1 })).toHaveLength(1);
      expect(await textsOf(subject, jobId, { attempt: 'latest' })).toEqual([
        'attempt 2 of interrupted-once',
      ]);
      const job = await subject.inState(batchJobId, 'SUCCEEDED');
      expect(job.attempts.map(({ exitCode }) => exitCode)).toEqual([75, 0]);
      const third = followLogs(subject.backend, 'alice', jobId, { attempt: 3, follow: true });
      await expect(collect(third)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    });

    it.concurrent('stops following when its caller says so', async ({ subject }) => {
      const { jobId } = await subject.running('sleeps');
      const caller = new AbortController();
      const reading = collect(
        followLogs(subject.backend, 'alice', jobId, { follow: true, signal: caller.signal }),
      );
      setImmediate(() => caller.abort());
      await expect(reading).rejects.toMatchObject({ name: 'BatchClientError', code: 'ABORTED' });
    });

    it.concurrent('fails a job whose program cannot be used at once, and says why', async ({
      subject,
    }) => {
      const { jobId, batchJobId } = await subject.submit('bad-program');
      const job = await subject.inState(batchJobId, 'FAILED');
      expect(job.attempts).toHaveLength(1);
      expect(job.statusReason).toContain('cannot be used');
      expect(await explainJob(subject.backend, 'alice', jobId)).toMatchObject({
        code: 'BAD_PROGRAM',
        sentence: expect.stringContaining('cannot be used'),
        next: expect.stringContaining('submit again'),
      });
    });

    it.concurrent('cancels a running job, and never retries it', async ({ subject }) => {
      const { jobId, batchJobId } = await subject.running('sleeps');
      expect(await cancelJob(subject.backend, 'alice', jobId, { now: true })).toMatchObject({
        status: 'RUNNING',
      });
      const job = await subject.inState(batchJobId, 'FAILED');
      expect(job.statusReason).toBe('Cancelled by alice');
      expect(job.attempts.map(({ exitCode }) => exitCode)).toEqual([75]);
      expect(await explainJob(subject.backend, 'alice', jobId)).toMatchObject({
        code: 'CANCELLED',
        next: expect.stringContaining(`resume ${jobId}`),
      });
    });

    it.concurrent('refuses to cancel what has ended', async ({ subject }) => {
      const { jobId, batchJobId } = await subject.submit('succeeds');
      await subject.inState(batchJobId, 'SUCCEEDED');
      await expect(cancelJob(subject.backend, 'alice', jobId)).rejects.toMatchObject({
        code: 'CONFLICT',
      });
    });

    it.concurrent('finds a job by its short id, its Batch job id and its names', async ({
      subject,
    }) => {
      const { jobId, batchJobId } = await subject.submit('succeeds');
      const references = [jobId, batchJobId, 'succeeds', `succeeds-${jobId}-1`];
      for (const reference of references) {
        expect((await findJob(subject.backend, 'alice', reference)).id).toBe(jobId);
      }
      const codeFor = (reference: string, owner = 'alice') =>
        findJob(subject.backend, owner, reference).then(
          () => 'found',
          (error) => error.code,
        );
      expect(await codeFor(jobId, 'bob')).toBe('NOT_FOUND');
      expect(await codeFor('another')).toBe('NOT_FOUND');
      expect(await codeFor('../jobs')).toBe('INVALID_INPUT');
      await subject.submit('succeeds');
      expect(await codeFor('succeeds')).toBe('CONFLICT');
    });

    it.concurrent('lists jobs by state, newest first, one row each', async ({ subject }) => {
      const one = await subject.submit('succeeds');
      await subject.inState(one.batchJobId, 'SUCCEEDED');
      const two = await subject.submit('bad-program');
      await subject.inState(two.batchJobId, 'FAILED');
      expect(await listed(subject)).toEqual([two.jobId, one.jobId]);
      expect(await listed(subject, { status: 'FAILED' })).toEqual([two.jobId]);
      expect(await listed(subject, { status: 'RUNNING' })).toEqual([]);
      const { jobId, batchJobId } = await subject.running('sleeps');
      expect(await listed(subject, { status: 'RUNNING' })).toEqual([jobId]);
      await cancelJob(subject.backend, 'alice', jobId, { now: true });
      await subject.inState(batchJobId, 'FAILED');
      expect(await listed(subject, {}, 'bob')).toEqual([]);
      expect(await listed(subject, { status: 'RUNNING' })).toEqual([]);
      const again = await resumeJob(subject.backend, 'alice', two.jobId);
      await subject.inState(again.batchJobId, 'FAILED');
      const rows = await collect(listJobs(subject.backend, 'alice'));
      expect(rows.map((row) => [row.jobId, row.submission])).toEqual([
        [two.jobId, 2],
        [jobId, 1],
        [one.jobId, 1],
      ]);
    });

    it.concurrent('accepts one of two resumes at one moment', async ({ subject }) => {
      const { jobId, batchJobId } = await subject.submit('bad-program');
      await subject.inState(batchJobId, 'FAILED');
      const resumes = await Promise.allSettled(
        [1, 2, 3].map(() => resumeJob(subject.backend, 'alice', jobId)),
      );
      const accepted = resumes.filter(({ status }) => status === 'fulfilled');
      const refused = resumes.filter(({ status }) => status === 'rejected');
      expect(accepted).toHaveLength(1);
      expect(refused).toMatchObject([
        { reason: { code: 'CONFLICT' } },
        { reason: { code: 'CONFLICT' } },
      ]);
      const { batch } = await describeJob(subject.backend, 'alice', jobId);
      expect(batch).toMatchObject({ submission: 2 });
      expect(batch.batchJobId).not.toBe(batchJobId);
    });

    it.concurrent('asks for more, and for another cap, before a job goes on', async ({
      subject,
    }) => {
      const { jobId, batchJobId } = await subject.submit('bad-program');
      await subject.inState(batchJobId, 'FAILED');
      const request = { iterations: 500, cap: { usd: 20 }, timeoutSeconds: 7200 };
      await resumeJob(subject.backend, 'alice', jobId, request);
      const { inputs } = subject.backend;
      const stored = await collect(inputs.list(`users/alice/${jobId}/input/control/`));
      const requests = await Promise.all(
        stored.map(async ({ key }) => JSON.parse(new TextDecoder().decode(await inputs.get(key)))),
      );
      expect(requests).toMatchObject([
        { number: 1, request: { kind: 'extend', iterations: 500 } },
        { number: 2, request: { kind: 'cap', usd: 20 } },
        { number: 3, request: { kind: 'timeout', seconds: 7200 } },
      ]);
      expect((await describeJob(subject.backend, 'alice', jobId)).limits).toEqual({
        iterations: 500,
        usd: 20,
        tokens: null,
        timeoutSeconds: 7200,
      });
    });

    it.concurrent('makes one job of a request that is submitted again and again', async ({
      subject,
    }) => {
      const request = { idempotencyKey: 'experiment 7' };
      const submitted = await Promise.all([1, 2, 3].map(() => subject.submit('succeeds', request)));
      expect(new Set(submitted.map(({ jobId }) => jobId)).size).toBe(1);
      expect(new Set(submitted.map(({ batchJobId }) => batchJobId)).size).toBe(1);
      const [first] = submitted;
      await subject.inState(first?.batchJobId ?? '', 'SUCCEEDED');
      expect((await subject.submit('succeeds', request)).batchJobId).toBe(first?.batchJobId);
      expect(await listed(subject)).toEqual([first?.jobId]);
      await expect(subject.submit('succeeds', { ...request, iterations: 7 })).rejects.toMatchObject(
        {
          code: 'CONFLICT',
          message: expect.stringContaining('iterations'),
        },
      );
    });

    it.concurrent('takes off what lets objects expire before a job goes on', async ({
      subject,
    }) => {
      const { jobId, batchJobId } = await subject.submit('bad-program');
      await subject.inState(batchJobId, 'FAILED');
      const key = `users/alice/${jobId}/output/commits/000000000001.json`;
      await subject.backend.outputs.put(key, new Uint8Array([1]));
      await subject.backend.outputs.putTags(key, { 'openevolve-state': 'resumable' });
      await resumeJob(subject.backend, 'alice', jobId);
      expect(await subject.backend.outputs.getTags(key)).toEqual({});
    });
  });
}
