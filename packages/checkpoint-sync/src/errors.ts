/** What went wrong, for a program to act on. */
export type CheckpointSyncErrorCode =
  | 'SUPERSEDED'
  | 'DAMAGED'
  | 'MISSING'
  | 'PRUNED'
  | 'UNSAFE_MANIFEST'
  | 'UNKNOWN_VERSION'
  | 'LOG_GAP'
  | 'INVALID_ENTRY'
  | 'INVALID_CHECKPOINT'
  | 'TARGET_EXISTS'
  | 'UNRESOLVED';

/**
 * The engine could not do what was asked.
 *
 * - `SUPERSEDED`: a newer generation has claimed the job; write nothing more and end.
 * - `DAMAGED`, `MISSING`: an object is not what was written, or is gone; an older commit may do.
 * - `PRUNED`: the commit was let go of after it was listed; list again.
 * - `UNSAFE_MANIFEST`: a manifest asks for what no writer of ours would; nothing was written.
 * - `UNKNOWN_VERSION`: another release wrote it; use that one or a newer one.
 * - `LOG_GAP`: an entry of the log was deleted.
 * - `INVALID_ENTRY`: a caller's values break the entry's schema.
 * - `INVALID_CHECKPOINT`: a checkpoint's directory cannot be captured.
 * - `TARGET_EXISTS`: the place to restore to is taken.
 * - `UNRESOLVED`: the store did not say whether an entry was written; the only one that is not
 *   permanent.
 *
 * Errors of the store and of the file system pass through as they are.
 */
export class CheckpointSyncError extends Error {
  override readonly name = 'CheckpointSyncError';
  readonly code: CheckpointSyncErrorCode;
  readonly permanent: boolean;

  constructor(code: CheckpointSyncErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.permanent = code !== 'UNRESOLVED';
  }
}

/** Whether an error is this package's, with one of these codes. */
export function isSyncError(
  error: unknown,
  ...codes: CheckpointSyncErrorCode[]
): error is CheckpointSyncError {
  return error instanceof CheckpointSyncError && codes.includes(error.code);
}
