import { BatchClientError } from '@openevolve-aws/batch-client';
import { JobSpecError } from '@openevolve-aws/job-spec';
import { ObjectStoreError } from '@openevolve-aws/object-store';
import { expect, it } from 'vitest';
import { toFailure, UsageError } from './failure.ts';

it.each([
  [new UsageError('x'), 'USAGE'],
  [new BatchClientError('INVALID_INPUT', 'x'), 'USAGE'],
  [new BatchClientError('NOT_FOUND', 'x'), 'NOT_FOUND'],
  [new BatchClientError('CONFLICT', 'x'), 'CONFLICT'],
  [new BatchClientError('ACCESS_DENIED', 'x'), 'ACCESS'],
  [new BatchClientError('UNAVAILABLE', 'x'), 'SERVICE'],
  [new ObjectStoreError('ACCESS_DENIED', 'x'), 'ACCESS'],
  [new ObjectStoreError('UNAVAILABLE', 'x'), 'SERVICE'],
  [new JobSpecError('UNKNOWN_VERSION', 'x'), 'SERVICE'],
  [new DOMException('x', 'AbortError'), 'INTERRUPTED'],
  [Object.assign(new Error('x'), { code: 'ENOSPC', syscall: 'write' }), 'SERVICE'],
  [new TypeError('x'), 'INTERNAL'],
  ['x', 'INTERNAL'],
])('ends after %s with %s', (error, exit) => {
  expect(toFailure(error).exit).toBe(exit);
});

it('shows where a fault of our own happened, and nothing but the sentence of any other', () => {
  expect(toFailure(new TypeError('broken')).message).toMatch(/broken\n +at /);
  expect(toFailure(new UsageError('--x is wrong')).message).toBe('--x is wrong');
});
