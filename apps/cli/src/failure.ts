import type { BatchClientErrorCode } from '@openevolve-aws/batch-client';
import type { CliExitName } from '@openevolve-aws/job-spec';

/** A failure as the user and the shell see it. */
export interface Failure {
  readonly exit: CliExitName;
  readonly code: string;
  readonly message: string;
}

const exitOf: Readonly<Record<BatchClientErrorCode, CliExitName>> = {
  INVALID_INPUT: 'USAGE',
  NOT_FOUND: 'NOT_FOUND',
  CONFLICT: 'CONFLICT',
  ACCESS_DENIED: 'ACCESS',
  CREDENTIALS: 'ACCESS',
  CLOCK_SKEW: 'ACCESS',
  SETTINGS: 'USAGE',
  ABORTED: 'INTERRUPTED',
  UNAVAILABLE: 'SERVICE',
};

/** Of a store's codes; all others are the service's fault. */
const exitOfStore: Readonly<Record<string, CliExitName>> = {
  ACCESS_DENIED: 'ACCESS',
  CREDENTIALS: 'ACCESS',
  CLOCK_SKEW: 'ACCESS',
  NO_BUCKET: 'USAGE',
  WRONG_REGION: 'USAGE',
  ABORTED: 'INTERRUPTED',
};

/** A flag cannot be used. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/**
 * What an error means to the user. Errors are told apart by their names, so that no library has to
 * be loaded for it.
 */
export function toFailure(error: unknown): Failure {
  const { name, message, code } = readError(error);
  switch (name) {
    case 'UsageError':
      return { exit: 'USAGE', code: 'USAGE', message };
    case 'BatchClientError':
      return code === 'ABORTED'
        ? { exit: 'INTERRUPTED', code, message: `${message} A submitted job runs on.` }
        : { exit: exitOf[code as BatchClientErrorCode], code, message };
    case 'ObjectStoreError':
      return { exit: exitOfStore[code] ?? 'SERVICE', code, message };
    case 'JobSpecError':
    case 'CheckpointSyncError':
      return { exit: 'SERVICE', code, message };
    case 'S3LayoutError':
      return { exit: 'USAGE', code, message };
    case 'AbortError':
      return { exit: 'INTERRUPTED', code: 'INTERRUPTED', message: 'Interrupted.' };
    default:
      if (error instanceof Error && 'syscall' in error) {
        return {
          exit: 'SERVICE',
          code,
          message: `The file system refused (${message}); make room, or mend its permissions.`,
        };
      }
      return {
        exit: 'INTERNAL',
        code: 'INTERNAL',
        message: error instanceof Error ? (error.stack ?? message) : message,
      };
  }
}

function readError(error: unknown): { name: string; message: string; code: string } {
  if (!(error instanceof Error)) {
    return { name: 'unknown', message: String(error), code: '' };
  }
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  return { name: error.name, message: error.message, code };
}
