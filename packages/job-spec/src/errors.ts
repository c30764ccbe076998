/** What went wrong, for a program to act on. */
export type JobSpecErrorCode = 'INVALID_DOCUMENT' | 'UNKNOWN_VERSION' | 'INVALID_VALUE';

/**
 * A document or a value breaks its contract. Always permanent: the same input fails again.
 *
 * The message says what is wrong, where, and what to do next.
 */
export class JobSpecError extends Error {
  override readonly name = 'JobSpecError';
  readonly code: JobSpecErrorCode;
  readonly permanent = true;

  constructor(code: JobSpecErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
