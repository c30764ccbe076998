import { expect, it } from 'vitest';
import { plainReason } from './status-reason.ts';

// Texts as AWS Batch and Amazon ECS document them.
it.each([
  ['Host EC2 (instance i-08784105ffff56b4f) terminated.', 'machine was taken away'],
  [
    'CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY - Service cannot fulfill the capacity requested for instance type [m5.2xlarge]',
    'no Spot or On-Demand machine',
  ],
  ['MISCONFIGURATION:COMPUTE_ENVIRONMENT_MAX_RESOURCE - CE(s) at max vCPUs', 'most vCPUs'],
  [
    'MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT - The job resource requirement (vCPU/memory/GPU) is higher than that can be met by the CE(s) attached to the job queue.',
    'more vCPUs or memory',
  ],
  [
    'MISCONFIGURATION:SERVICE_ROLE_PERMISSIONS - Batch service role has a permission issue.',
    'service role',
  ],
  ['ACTION_REQUIRED - CE(s) associated with the job queue are invalid.', 'until somebody acts'],
  [
    'CannotPullContainerError: Error response from daemon: manifest for repo:tag not found',
    'image cannot be pulled',
  ],
  [
    'ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve secret from asm',
    "provider's key",
  ],
  ['OutOfMemoryError: Container killed due to memory usage', 'out of memory'],
  ['Job attempt duration exceeded timeout', 'time limit'],
])('says %j in plain words', (statusReason, words) => {
  expect(plainReason({ statusReason })?.sentence).toContain(words);
  expect(plainReason({ containerReason: statusReason })?.sentence).toContain(words);
});

it('takes the exit code where AWS Batch says the same of every end', () => {
  const statusReason = 'Essential container in task exited';
  expect(plainReason({ statusReason, exitCode: 65 })?.sentence).toContain('cannot be used');
  expect(plainReason({ statusReason, exitCode: 137 })?.sentence).toContain('SIGKILL');
  expect(plainReason({ statusReason, exitCode: 0 })).toBeNull();
  expect(plainReason({ statusReason })?.sentence).toBe(statusReason);
});

it('lets a reason that somebody gave stand before the exit code', () => {
  expect(plainReason({ statusReason: 'Cancelled by alice', exitCode: 143 })).toEqual({
    sentence: 'Cancelled by alice',
    fix: null,
  });
});

it('makes nothing up', () => {
  expect(plainReason({})).toBeNull();
  expect(plainReason({ statusReason: 'Something new.' })?.sentence).toBe('Something new');
});
