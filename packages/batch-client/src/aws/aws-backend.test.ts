import { join } from 'node:path';
import { type Submission, serializeDocument } from '@openevolve-aws/job-spec';
import { MemoryStore } from '@openevolve-aws/object-store';
import { collect, FaultStore } from '@openevolve-aws/object-store/testing';
import { afterEach, describe, expect, it } from 'vitest';
import { AwsMachine, modelSettings } from '../../tests/aws-machine.ts';
import type { BatchModelOptions, Fault } from '../../tests/batch-model.ts';
import { until } from '../../tests/local-machine.ts';
import { cancelJob } from '../jobs/cancel-job.ts';
import { describeJob } from '../jobs/describe-job.ts';
import { describeJobs } from '../jobs/describe-jobs.ts';
import { explainJob } from '../jobs/explain-job.ts';
import { followLogs } from '../jobs/follow-logs.ts';
import { listJobs } from '../jobs/list-jobs.ts';
import { planSubmission } from '../jobs/plan-submission.ts';
import { resumeJob } from '../jobs/resume-job.ts';
import { submitPlan } from '../jobs/submit-job.ts';
import { plannedCall } from './submit-job-input.ts';

let machine: AwsMachine;
const open = async (options: Partial<BatchModelOptions> = {}) => {
  machine = await AwsMachine.open(options);
  return machine;
};
afterEach(() => machine.close());

const failing =
  (action: string, ...faults: Fault[]): ((called: string, count: number) => Fault | null) =>
  (called, count) =>
    called === action ? (faults[count] ?? null) : null;

const callsOf = (action: string) => machine.model.calls.filter((name) => name === action).length;

describe('a submission', () => {
  it('carries names and places, its size and its share, and nothing that others may not see', async () => {
    const { backend, model } = await open();
    const { jobId } = await machine.submit('first', {
      vcpus: 2,
      memoryMib: 4096,
      env: { DATA_TOKEN: 'do not show' },
      definitionRevision: 3,
    });
    const [input] = model.submitted;
    const prefix = `users/alice/${jobId}`;
    expect(input).toEqual({
      jobName: `first-${jobId}-1`,
      jobQueue: 'openevolve-prod-queue',
      jobDefinition: 'openevolve-prod-job-alice:3',
      shareIdentifier: 'alice',
      containerOverrides: {
        environment: [
          { name: 'S3_INPUT_PREFIX', value: `s3://openevolve-prod-inputs/${prefix}/input` },
          { name: 'S3_OUTPUT_PREFIX', value: `s3://openevolve-prod-outputs/${prefix}/output` },
          { name: 'JOB_OWNER', value: 'alice' },
          { name: 'JOB_SHORT_ID', value: jobId },
          { name: 'OPENEVOLVE_SUBMISSION', value: '1' },
        ],
        resourceRequirements: [
          { type: 'VCPU', value: '2' },
          { type: 'MEMORY', value: '4096' },
        ],
      },
      tags: { Owner: 'alice', JobShortId: jobId, Environment: 'prod', Service: 'openevolve' },
      propagateTags: true,
    });
    expect(JSON.stringify(input)).not.toContain('do not show');
    const job = new TextDecoder().decode(await backend.inputs.get(`${prefix}/input/job.json`));
    expect(job).toContain('do not show');
  });

  it('makes the call that its plan shows', async () => {
    const { backend, model, directory } = await open();
    const plan = await planSubmission(backend, {
      owner: 'alice',
      program: join(directory, 'program.py'),
      evaluator: join(directory, 'evaluator.py'),
      definitionRevision: 3,
      model: { kind: 'provider' },
    });
    expect(await collect(backend.inputs.list(''))).toEqual([]);
    await submitPlan(backend, plan);
    expect(model.submitted).toEqual([plannedCall(plan, modelSettings)]);
  });

  it.each<[string, Fault[], number]>([
    ['throttling', ['throttled', 'throttled'], 3],
    ['a connection that was refused', ['refused connection'], 2],
    ['a failure of AWS Batch', ['failed'], 2],
    ['a lost reply', ['lost reply'], 1],
    ['two kinds of trouble', ['throttled', 'lost reply'], 2],
  ])('is made once in spite of %s', async (_, faults, tries) => {
    const { model } = await open({ fault: failing('SubmitJob', ...faults), listedAfter: 2 });
    const { batchJobId, jobId } = await machine.submit('first');
    expect(model.submitted).toHaveLength(1);
    expect([...model.jobs.keys()]).toEqual([batchJobId]);
    expect(callsOf('SubmitJob')).toBe(tries);
    expect((await describeJob(machine.backend, 'alice', jobId)).batch.batchJobId).toBe(batchJobId);
  });

  it('is not repeated when it was refused, and leaves nothing that would hinder the next', async () => {
    const { backend } = await open();
    const refused = machine.submit('first', { owner: 'eve' });
    await expect(refused).rejects.toMatchObject({
      code: 'SETTINGS',
      message: expect.stringContaining('openevolve-prod-job-eve'),
    });
    expect(callsOf('SubmitJob')).toBe(1);
    expect(await collect(listJobs(backend, 'eve'))).toEqual([]);
    const request = { idempotencyKey: 'k' };
    const queue = machine.model.queue;
    machine.model.queue = { ...queue, jobQueueName: 'other', jobQueueArn: 'arn:other' };
    await expect(machine.submit('first', request)).rejects.toMatchObject({ code: 'SETTINGS' });
    machine.model.queue = queue;
    const { batchJobId } = await machine.submit('first', request);
    expect(await collect(listJobs(backend, 'alice'))).toMatchObject([
      { batchJobId, submission: 1 },
    ]);
  });

  it('of which a reply was lost stays claimed when the next try is refused', async () => {
    const { backend } = await open({
      fault: failing('SubmitJob', 'lost reply', 'denied'),
      listedAfter: 8,
    });
    await expect(machine.submit('first')).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringContaining('not known'),
    });
    const jobs = await until('the job in the list', async () => {
      const listed = await collect(listJobs(backend, 'alice'));
      return listed.some(({ batchJobId }) => batchJobId !== null) && listed;
    });
    expect(jobs).toMatchObject([{ submission: 1, batchJobId: [...machine.model.jobs.keys()][0] }]);
  });

  it('that nobody noted is found by its name, listed and cancelled all the same', async () => {
    await open();
    const { jobId, batchJobId } = await machine.submit('sleeps');
    const keys = (await collect(machine.backend.inputs.list('users/'))).map(({ key }) => key);
    await machine.backend.inputs.delete(keys.filter((key) => key.includes(batchJobId)));
    const [listed] = await collect(listJobs(machine.backend, 'alice'));
    expect(listed).toMatchObject({ jobId, batchJobId });
    await machine.inState(batchJobId, 'RUNNING');
    await cancelJob(machine.backend, 'alice', jobId, { now: true });
    await machine.inState(batchJobId, 'FAILED');
    // What was found is noted again.
    const again = (await collect(machine.backend.inputs.list('users/'))).map(({ key }) => key);
    expect(again).toEqual(keys);
  });

  it('is told of as done when it was, though it could not be noted', async () => {
    const { backend } = await open();
    const inputs = new FaultStore(backend.inputs, ({ method, key }) =>
      method === 'put' && key.includes('/by-batch-id/') ? 'refuse' : null,
    );
    const { batchJobId, jobId, warnings } = await machine.submit(
      'first',
      {},
      { ...backend, inputs },
    );
    expect(warnings).toEqual([expect.stringContaining('could not be noted')]);
    for (const reference of [batchJobId, jobId, 'first']) {
      expect((await describeJob(backend, 'alice', reference)).batch.batchJobId).toBe(batchJobId);
    }
  });

  it('whose maker died is made again with the same key, and by resume, when its time is over', async () => {
    const { backend } = await open();
    const { jobId } = await machine.submit('first', { idempotencyKey: 'k' });
    // A claim of the next number that was never handed over.
    const claim: Submission = {
      version: 1,
      number: 2,
      jobId,
      batchJobName: `first-${jobId}-2`,
      createdAt: new Date(Date.now() - 600_000).toISOString(),
      afterControl: 0,
    };
    await backend.inputs.put(
      `users/alice/${jobId}/input/submissions/2.json`,
      serializeDocument(claim),
    );
    expect((await describeJob(backend, 'alice', jobId)).batch).toMatchObject({
      batchJobId: null,
      status: 'FAILED',
      statusReason: expect.stringContaining('never handed over'),
    });
    const again = await machine.submit('first', { idempotencyKey: 'k' });
    expect((await describeJob(backend, 'alice', jobId)).batch).toMatchObject({
      batchJobId: again.batchJobId,
      submission: 3,
    });
  });

  it('that is being handed over by somebody else is not made a second time', async () => {
    const { backend, model } = await open();
    const { jobId } = await machine.submit('first');
    const claim: Submission = {
      version: 1,
      number: 2,
      jobId,
      batchJobName: `first-${jobId}-2`,
      createdAt: new Date().toISOString(),
      afterControl: 0,
    };
    await backend.inputs.put(
      `users/alice/${jobId}/input/submissions/2.json`,
      serializeDocument(claim),
    );
    await expect(resumeJob(backend, 'alice', jobId)).rejects.toMatchObject({ code: 'CONFLICT' });
    // Whoever is at it comes to an attempt that finds the request to stop.
    const { status } = await cancelJob(backend, 'alice', jobId);
    expect(status).toBe('SUBMITTED');
    const requests = await collect(backend.inputs.list(`users/alice/${jobId}/input/control/`));
    expect(requests).toHaveLength(1);
    expect(model.submitted).toHaveLength(1);
  });
});

describe('a list of jobs in one state', () => {
  it('asks for no more jobs than are in it', async () => {
    const { backend, model } = await open();
    for (let number = 0; number < 3; number += 1) {
      const { batchJobId } = await machine.submit('succeeds');
      await machine.inState(batchJobId, 'SUCCEEDED');
    }
    const { jobId } = await machine.running('sleeps');
    const described: string[] = [];
    const { describeJobs } = model.batch;
    Object.assign(model.batch, {
      describeJobs: (input: { jobs: string[] }) => {
        described.push(...input.jobs);
        return describeJobs(input);
      },
    });
    const listed = await collect(listJobs(backend, 'alice', { status: 'RUNNING' }));
    expect(listed.map((job) => job.jobId)).toEqual([jobId]);
    expect(described).toHaveLength(1);
    expect(await collect(listJobs(backend, 'alice', { status: 'PENDING' }))).toEqual([]);
    expect(described).toHaveLength(1);
  });

  it('has those that AWS Batch does not show yet among the submitted ones', async () => {
    const { backend, model } = await open({ holdIn: 'SUBMITTED' });
    const { jobId, batchJobId } = await machine.submit('first');
    model.forget(batchJobId);
    const listed = await collect(listJobs(backend, 'alice', { status: 'SUBMITTED' }));
    expect(listed.map((job) => job.jobId)).toEqual([jobId]);
  });
});

describe('cancel', () => {
  it('lets a running attempt save and end by itself', async () => {
    await open();
    const { jobId, batchJobId } = await machine.running('stops-on-request');
    await cancelJob(machine.backend, 'alice', jobId);
    const job = await machine.inState(batchJobId, 'FAILED');
    expect(job.attempts.map(({ exitCode }) => exitCode)).toEqual([73]);
    expect(callsOf('TerminateJob')).toBe(0);
    expect(await explainJob(machine.backend, 'alice', jobId)).toMatchObject({ code: 'STOPPED' });
  });

  it('terminates one that does not end in time', async () => {
    await open();
    const { jobId, batchJobId } = await machine.running('sleeps');
    const saving: number[] = [];
    await cancelJob(machine.backend, 'alice', jobId, {
      graceSeconds: 0.05,
      onSaving: (seconds) => saving.push(seconds),
    });
    expect(saving).toEqual([0.05]);
    expect((await machine.inState(batchJobId, 'FAILED')).statusReason).toBe('Cancelled by alice');
  });

  it.each(['SUBMITTED', 'RUNNABLE', 'STARTING'] as const)(
    'ends a job that is %s',
    async (holdIn) => {
      await open({ holdIn });
      const { jobId, batchJobId } = await machine.submit('succeeds');
      await machine.inState(batchJobId, holdIn);
      expect(await cancelJob(machine.backend, 'alice', jobId)).toMatchObject({ status: holdIn });
      expect(await machine.inState(batchJobId, 'FAILED')).toMatchObject({ attempts: [] });
    },
  );
});

describe('logs', () => {
  it('come whole from many pages, in order', async () => {
    await open();
    const { jobId } = await machine.submit('talks');
    const lines = await collect(followLogs(machine.backend, 'alice', jobId, { follow: true }));
    expect(lines.map(({ text }) => text)).toEqual(
      Array.from({ length: 8 }, (_, index) => `line ${index + 1}`),
    );
    expect(lines.every(({ at }) => at !== null && Date.parse(at) <= Date.now())).toBe(true);
  });

  it('follow lines that are written while they are read', async () => {
    await open();
    const { jobId, batchJobId } = await machine.running('sleeps');
    const seen: string[] = [];
    for await (const { text } of followLogs(machine.backend, 'alice', jobId, { follow: true })) {
      seen.push(text);
      if (seen.length === 1) {
        machine.model.streams
          .get(`job/default/${batchJobId}-1`)
          ?.push({ timestamp: Date.now(), message: 'later' });
      } else {
        await machine.backend.terminate(batchJobId, 'over');
      }
    }
    expect(seen).toEqual(['attempt 1 of sleeps', 'later']);
  });

  it('go on after an outage that no single call bears', async () => {
    let isDown = false;
    await open({ fault: () => (isDown ? 'refused connection' : null) });
    const { jobId, batchJobId } = await machine.running('sleeps');
    const seen: string[] = [];
    for await (const { text } of followLogs(machine.backend, 'alice', jobId, { follow: true })) {
      seen.push(text);
      if (seen.length === 1) {
        isDown = true;
        setTimeout(() => {
          isDown = false;
          machine.model.streams
            .get(`job/default/${batchJobId}-1`)
            ?.push({ timestamp: Date.now(), message: 'after it' });
        }, 100);
      } else {
        await machine.backend.terminate(batchJobId, 'over');
      }
    }
    expect(seen).toEqual(['attempt 1 of sleeps', 'after it']);
  });

  it('end with the job when an attempt left none', async () => {
    await open({
      behave: (_job, attempt) => ({
        lines: [],
        ends: Promise.resolve({ exitCode: attempt === 1 ? 75 : 0 }),
        onTerm: {},
      }),
    });
    const { jobId, batchJobId } = await machine.submit('first');
    await machine.inState(batchJobId, 'SUCCEEDED');
    machine.model.streams.clear();
    expect(await collect(followLogs(machine.backend, 'alice', jobId, { follow: true }))).toEqual(
      [],
    );
  });
});

describe('a job', () => {
  it('goes on in another attempt when its machine was taken', async () => {
    await open();
    const { jobId, batchJobId } = await machine.submit('loses-its-machine');
    const job = await machine.inState(batchJobId, 'SUCCEEDED');
    expect(job.attempts).toMatchObject([
      { exitCode: null, reason: expect.stringContaining('taken away') },
      { exitCode: 0, reason: null },
    ]);
    expect((await describeJob(machine.backend, 'alice', jobId)).batch.statusReason).toBeNull();
  });

  it('says where in the queue it waits', async () => {
    const { model } = await open({ holdIn: 'RUNNABLE' });
    const first = await machine.submit('first');
    const second = await machine.submit('second');
    await machine.inState(second.batchJobId, 'RUNNABLE');
    model.front = [first, second].map(
      ({ batchJobId }) => model.jobs.get(batchJobId)?.detail.jobArn ?? '',
    );
    expect((await explainJob(machine.backend, 'alice', second.jobId)).sentence).toContain(
      '1 job comes before it',
    );
    model.queue = { ...model.queue, state: 'DISABLED' };
    expect((await explainJob(machine.backend, 'alice', second.jobId)).sentence).toContain(
      'switched off',
    );
  });

  it('is shown, listed and resumed when AWS Batch has forgotten it', async () => {
    const { backend, model } = await open();
    const { jobId, batchJobId } = await machine.submit('first');
    await machine.inState(batchJobId, 'SUCCEEDED');
    const long = new Date(Date.now() - 30 * 86_400_000).toISOString();
    await forgetFully(jobId, batchJobId, long);
    expect((await describeJob(backend, 'alice', jobId)).batch).toMatchObject({
      status: 'FAILED',
      batchJobId,
      statusReason: expect.stringContaining('forgotten'),
    });
    const [listed] = await collect(listJobs(backend, 'alice'));
    expect(listed).toMatchObject({ jobId, name: 'first', status: 'FAILED', createdAt: long });
    expect(await collect(listJobs(backend, 'alice', { status: 'RUNNING' }))).toEqual([]);
    const again = await resumeJob(backend, 'alice', jobId);
    expect(again.submission).toBe(2);
    expect(model.jobs.has(again.batchJobId)).toBe(true);
  });
});

/** As if it had been submitted at that time. */
async function forgetFully(jobId: string, batchJobId: string, createdAt: string): Promise<void> {
  const { inputs } = machine.backend;
  machine.model.forget(batchJobId);
  const key = `users/alice/${jobId}/input/submissions/1.json`;
  const submission = JSON.parse(new TextDecoder().decode(await inputs.get(key))) as Submission;
  await inputs.put(key, serializeDocument({ ...submission, createdAt }));
  const entries = (await collect(inputs.list('users/alice/by-time/'))).map(({ key: one }) => one);
  await inputs.delete(entries);
  const age = String(9_999_999_999_999 - Date.parse(createdAt)).padStart(13, '0');
  for (const suffix of ['', `.${batchJobId}`]) {
    await inputs.put(`users/alice/by-time/${age}.${jobId}.1.first${suffix}`, new Uint8Array());
  }
}

describe('many jobs', () => {
  it('are described by a hundred in a call, in the order that was asked for', async () => {
    await open();
    const ids: string[] = [];
    for (let number = 0; number < 150; number += 1) {
      ids.unshift((await machine.submit(`job-${number}`)).jobId);
    }
    const runs = await describeJobs(machine.backend, 'alice', ids);
    expect(runs.map(({ job }) => job.id)).toEqual(ids);
    expect(runs.map(({ batch }) => batch.jobId)).toEqual(ids);
    expect(callsOf('DescribeJobs')).toBe(2);
    await expect(describeJobs(machine.backend, 'alice', ['00000000'])).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
  });

  it('are described a hundred at a time, and only as far as they are looked at', async () => {
    await open();
    const ids: string[] = [];
    for (let number = 0; number < 250; number += 1) {
      ids.push((await machine.submit(`job-${number}`)).jobId);
    }
    const all = await collect(listJobs(machine.backend, 'alice'));
    expect(all.map(({ jobId }) => jobId).sort()).toEqual([...ids].sort());
    const times = all.map(({ createdAt }) => createdAt);
    expect(times).toEqual([...times].sort().reverse());
    expect(callsOf('DescribeJobs')).toBe(3);
    for await (const _ of listJobs(machine.backend, 'alice')) {
      break;
    }
    expect(callsOf('DescribeJobs')).toBe(4);
    expect(callsOf('ListJobs')).toBe(0);
  });

  it('cost no more to find one of them', async () => {
    await open();
    const { jobId, batchJobId } = await machine.submit('wanted');
    const count = async () => {
      const inputs = new FaultStore(machine.backend.inputs);
      const outputs = new FaultStore(new MemoryStore());
      await describeJob({ ...machine.backend, inputs, outputs }, 'alice', jobId);
      await describeJob({ ...machine.backend, inputs, outputs }, 'alice', batchJobId);
      return inputs.calls.length + outputs.calls.length;
    };
    const alone = await count();
    for (let number = 0; number < 30; number += 1) {
      await machine.submit(`job-${number}`);
    }
    expect(await count()).toBe(alone);
  });
});
