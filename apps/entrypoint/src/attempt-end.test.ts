import { CheckpointSyncError } from '@openevolve-aws/checkpoint-sync';
import { containerExit } from '@openevolve-aws/job-spec';
import { ObjectStoreError } from '@openevolve-aws/object-store';
import { expect, it } from 'vitest';
import { endOf } from './attempt-end.ts';
import { EntrypointError } from './errors.ts';

it.each([
  [new CheckpointSyncError('SUPERSEDED', 'x'), containerExit.SUPERSEDED],
  [new EntrypointError('INPUT_MISSING', 'x'), containerExit.INPUT_MISSING],
  [new ObjectStoreError('UNAVAILABLE', 'x'), containerExit.GO_ON],
  [new ObjectStoreError('ACCESS_DENIED', 'x'), containerExit.INTERNAL],
  [new ObjectStoreError('OUT_OF_SPACE', 'x'), containerExit.GO_ON],
  [Object.assign(new Error('x'), { code: 'ENOSPC' }), containerExit.GO_ON],
  [new CheckpointSyncError('DAMAGED', 'x'), containerExit.GO_ON],
  [new CheckpointSyncError('MISSING', 'x'), containerExit.GO_ON],
  [new TypeError('x'), containerExit.INTERNAL],
  ['x', containerExit.INTERNAL],
])('after %s an attempt ends with %d', (error, exitCode) => {
  expect(endOf(error).exitCode).toBe(exitCode);
});

it.each([
  ['packages that cannot be reached', new EntrypointError('GO_ON', 'x'), 'interrupted'],
  ['a store that is away', new ObjectStoreError('UNAVAILABLE', 'x'), 'interrupted'],
  ['a full disk', new ObjectStoreError('OUT_OF_SPACE', 'x'), 'by itself'],
] as const)(
  'after %s (%s) the attempt was %s, which says whether its commit is to blame',
  (_, error, how) => {
    expect(endOf(error).how).toBe(how);
  },
);
