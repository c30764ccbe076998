import type { ComputeEnvironmentDetail, JobDetail, JobQueueDetail } from '@aws-sdk/client-batch';
import { expect, it } from 'vitest';
import { type WaitFacts, waitReason } from './wait-reason.ts';

const job: JobDetail = {
  jobId: 'a',
  jobArn: 'arn:a',
  jobName: 'a',
  jobQueue: 'q',
  jobDefinition: 'd',
  startedAt: undefined,
  status: 'RUNNABLE',
  container: { resourceRequirements: [{ type: 'VCPU', value: '8' }] },
};
const queue: JobQueueDetail = {
  jobQueueName: 'openevolve-prod-queue',
  jobQueueArn: 'arn:q',
  state: 'ENABLED',
  status: 'VALID',
  priority: 1,
  computeEnvironmentOrder: [],
};
const spot: ComputeEnvironmentDetail = {
  computeEnvironmentName: 'spot',
  computeEnvironmentArn: 'arn:spot',
  state: 'ENABLED',
  status: 'VALID',
  computeResources: { type: 'SPOT', maxvCpus: 256, desiredvCpus: 64, subnets: [] },
};
const why = (changes: Partial<WaitFacts>) =>
  waitReason({ job, queue, environments: [spot], snapshot: null, owner: 'alice', ...changes });

it.each<[string, Partial<WaitFacts>, string]>([
  [
    'a queue that is switched off',
    { queue: { ...queue, state: 'DISABLED' } },
    'queue is switched off',
  ],
  [
    'a queue that is invalid',
    { queue: { ...queue, status: 'INVALID', statusReason: 'its CE is gone' } },
    'invalid (its CE is gone)',
  ],
  [
    'compute environments of which none can be used',
    { environments: [{ ...spot, status: 'INVALID', statusReason: 'CLIENT_ERROR - role' }] },
    'spot is invalid (CLIENT_ERROR - role)',
  ],
  [
    "AWS Batch's own reason",
    { job: { ...job, statusReason: 'CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY - no m5' } },
    'no Spot or On-Demand machine',
  ],
  [
    'more vCPUs than there may be',
    { job: { ...job, container: { resourceRequirements: [{ type: 'VCPU', value: '512' }] } } },
    'asks for 512 vCPUs',
  ],
  [
    'jobs before it',
    {
      snapshot: {
        frontOfQueue: { jobs: [{ jobArn: 'arn:x' }, { jobArn: 'arn:y' }, { jobArn: 'arn:a' }] },
        queueUtilization: {
          fairshareUtilization: {
            activeShareCount: 3,
            topCapacityUtilization: [
              { shareIdentifier: 'alice', capacityUsage: [{ capacityUnit: 'VCPU', quantity: 16 }] },
            ],
          },
        },
      },
    },
    '2 jobs come before it (64 vCPUs run, 16 of them are yours, 3 owners share the queue)',
  ],
  ['nothing but a machine', {}, 'starting a machine'],
  ['its image', { job: { ...job, status: 'STARTING' } }, 'pulls the container image'],
])('says that it waits because of %s', (_, changes, words) => {
  expect(why(changes)).toContain(words);
});

it('goes on from one environment that can be used, and says nothing of what does not wait', () => {
  const broken = { ...spot, computeEnvironmentName: 'other', status: 'INVALID' } as const;
  expect(why({ environments: [broken, spot] })).not.toContain('invalid');
  expect(why({ job: { ...job, status: 'RUNNING' } })).toBeNull();
  expect(why({ job: { ...job, status: 'SUBMITTED' } })).toBeNull();
});
