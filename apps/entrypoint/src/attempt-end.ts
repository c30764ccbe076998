import { isSyncError } from '@openevolve-aws/checkpoint-sync';
import { type AttemptEndKind, containerExit } from '@openevolve-aws/job-spec';
import { isStoreError } from '@openevolve-aws/object-store';
import { EntrypointError } from './errors.ts';

/** How an attempt ends: its exit code, and why in plain words. */
export interface AttemptEnd {
  readonly how: Exclude<AttemptEndKind, 'killed'>;
  readonly exitCode: number;
  readonly reason: string;
}

/**
 * What an error means to the job. One that may go away by itself lets the job go on in another
 * attempt; one of our own faults ends it, since another attempt would meet it again.
 */
export function endOf(error: unknown): AttemptEnd {
  if (isSyncError(error, 'SUPERSEDED')) {
    return {
      how: 'by itself',
      exitCode: containerExit.SUPERSEDED,
      reason: 'a newer attempt has taken over; nothing more is written',
    };
  }
  const reason = error instanceof Error ? error.message : String(error);
  if (isTransient(error)) {
    return { how: 'interrupted', exitCode: containerExit.GO_ON, reason };
  }
  if (error instanceof EntrypointError) {
    return { how: 'by itself', exitCode: containerExit[error.code], reason };
  }
  // Another attempt may have another machine, with room, and passes over what is damaged; the
  // progress rule bounds how often.
  const outOfSpace = isStoreError(error, 'OUT_OF_SPACE') || hasCode(error, 'ENOSPC');
  const mayGoAway = outOfSpace || isSyncError(error, 'DAMAGED', 'MISSING');
  const exitCode = mayGoAway ? containerExit.GO_ON : containerExit.INTERNAL;
  return { how: 'by itself', exitCode, reason };
}

/** A network or a store that is away interrupts an attempt: no commit is to blame for it. */
function isTransient(error: unknown): boolean {
  return error instanceof Error && 'permanent' in error && error.permanent === false;
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
