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
  /** The credentials do not allow it. Permanent. */
  | 'ACCESS_DENIED'
  /** Credentials are missing, expired or unknown. Permanent until they are renewed. */
  | 'CREDENTIALS'
  /** This machine's clock is so wrong that AWS refuses its signatures. Permanent until it is set. */
  | 'CLOCK_SKEW'
  /**
   * The queue, job definition, bucket or parameter that the settings name is not there, which is also
   * what the wrong region looks like. Permanent until the settings are mended.
   */
  | 'SETTINGS'
  /** The caller's signal ended it. What was asked for may have been done. */
  | 'ABORTED'
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
