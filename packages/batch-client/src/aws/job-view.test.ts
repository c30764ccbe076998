import type { JobDetail } from '@aws-sdk/client-batch';
import { expect, it } from 'vitest';
import { toAwsJob } from './job-view.ts';

/**
 * In the shape of the example in
 * https://docs.aws.amazon.com/batch/latest/userguide/batch_job_events.html, whose detail is that of
 * DescribeJobs, with our environment.
 */
const job: JobDetail = {
  jobArn: 'arn:aws:batch:us-east-1:123456789012:job/4c7599ae-0a82-49aa-ba5a-4727fcce14a8',
  jobName: 'event-test-0a1b2c3d-2',
  jobId: '4c7599ae-0a82-49aa-ba5a-4727fcce14a8',
  jobQueue: 'arn:aws:batch:us-east-1:123456789012:job-queue/openevolve-prod-queue',
  status: 'RUNNABLE',
  attempts: [],
  createdAt: 1641944200058,
  startedAt: undefined,
  retryStrategy: { attempts: 2, evaluateOnExit: [] },
  dependsOn: [],
  jobDefinition: 'arn:aws:batch:us-east-1:123456789012:job-definition/openevolve-prod-job-alice:1',
  parameters: {},
  container: {
    command: ['sleep', '600'],
    volumes: [],
    environment: [
      { name: 'JOB_OWNER', value: 'alice' },
      { name: 'JOB_SHORT_ID', value: '0a1b2c3d' },
      { name: 'OPENEVOLVE_SUBMISSION', value: '2' },
    ],
    mountPoints: [],
    ulimits: [],
    networkInterfaces: [],
    resourceRequirements: [
      { value: '2', type: 'VCPU' },
      { value: '256', type: 'MEMORY' },
    ],
    secrets: [],
    logConfiguration: {
      logDriver: 'awslogs',
      options: { 'awslogs-group': '/aws/batch/openevolve/prod/alice' },
    },
  },
  tags: {},
  propagateTags: false,
  platformCapabilities: [],
};
const ended = (number: number, exitCode: number | undefined, statusReason: string) => ({
  container: {
    ...(exitCode !== undefined && { exitCode }),
    taskArn: `arn:aws:ecs:us-east-1:123456789012:task/${number}`,
    logStreamName: `job/default/${number}`,
  },
  startedAt: 1641944300000 + number,
  stoppedAt: 1641944400000 + number,
  statusReason,
});

it('shows a job that waits for its first machine', () => {
  expect(toAwsJob(job)).toEqual({
    batchJobId: job.jobId,
    batchJobName: job.jobName,
    owner: 'alice',
    jobId: '0a1b2c3d',
    submission: 2,
    status: 'RUNNABLE',
    statusReason: null,
    createdAt: '2022-01-11T23:36:40.058Z',
    startedAt: null,
    stoppedAt: null,
    attempts: [],
    logGroup: '/aws/batch/openevolve/prod/alice',
  });
});

it('counts the attempt that runs, which the container alone tells', () => {
  const running = toAwsJob({
    ...job,
    status: 'RUNNING',
    startedAt: 1641944500000,
    attempts: [ended(1, undefined, 'Host EC2 (instance i-0123456789abcdef0) terminated.')],
    container: { ...job.container, taskArn: 'arn:2', logStreamName: 'job/default/2' },
  });
  expect(running?.attempts).toMatchObject([
    { number: 1, exitCode: null, reason: expect.stringContaining('taken away') },
    {
      number: 2,
      startedAt: '2022-01-11T23:41:40.000Z',
      stoppedAt: null,
      logStream: 'job/default/2',
    },
  ]);
  expect(running?.startedAt).toBe('2022-01-11T23:38:20.001Z');
});

it('counts no attempt twice, and none that waits to start', () => {
  const attempts = [ended(1, 75, 'Essential container in task exited')];
  const container = {
    ...job.container,
    taskArn: attempts[0]?.container.taskArn,
    logStreamName: 'job/default/1',
  };
  for (const status of ['RUNNABLE', 'STARTING', 'RUNNING', 'SUCCEEDED', 'FAILED'] as const) {
    expect(toAwsJob({ ...job, status, attempts, container })?.attempts).toHaveLength(1);
  }
});

it('says why a job failed, and what to do', () => {
  const failed = toAwsJob({
    ...job,
    status: 'FAILED',
    statusReason: 'Task failed to start',
    container: { ...job.container, reason: 'CannotPullContainerError: pull access denied' },
    attempts: [{ statusReason: 'Task failed to start', container: {} }],
  });
  expect(failed?.statusReason).toMatch(/cannot be pulled\. An administrator must push/);
  expect(failed?.attempts).toMatchObject([{ startedAt: null, logStream: null }]);
});

it("takes no job for ours that is somebody else's", () => {
  expect(toAwsJob({ ...job, container: { environment: [] } })).toBeNull();
  expect(toAwsJob({ ...job, container: undefined })).toBeNull();
});
