/** What went wrong, for a program to act on. */
export type BatchClientErrorCode =
  /** A file, a number or a setting cannot be used; nothing was written. Permanent. */
  | 'INVALID_INPUT'
  /** No such job, attempt or result. Permanent. */
  | 'NOT_FOUND'
  /**
   * The job's state or what it stored does not allow it, or the target is there already. Permanent.
   */
  | 'CONFLICT'
  /** Credentials are missing, expired or not enough. Permanent. */
  | 'ACCESS_DENIED'
  /** The network or a service failed; trying again may help. */
  | 'UNAVAILABLE';

/** The one error class of this package. The message says what, where and what to do next. */
export class BatchClientError extends Error {
  override readonly name = 'BatchClientError';
  readonly code: BatchClientErrorCode;
  readonly permanent: boolean;

  constructor(code: BatchClientErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.permanent = code !== 'UNAVAILABLE';
  }
}
