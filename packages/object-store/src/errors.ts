/** What went wrong, for a program to act on. */
export type ObjectStoreErrorCode =
  | 'NOT_FOUND'
  | 'ALREADY_EXISTS'
  /** Known to the store, and not allowed. */
  | 'ACCESS_DENIED'
  /** None were found, or the store does not accept them: expired, unknown, or a wrong secret. */
  | 'CREDENTIALS'
  /** This machine's clock is so wrong that the store refuses its signatures. */
  | 'CLOCK_SKEW'
  | 'NO_BUCKET'
  /** The bucket lies in another region, or no region is set. */
  | 'WRONG_REGION'
  | 'INVALID_KEY'
  | 'INVALID_RANGE'
  | 'INVALID_BODY'
  | 'INVALID_URI'
  | 'ABORTED'
  | 'OUT_OF_SPACE'
  /** The store refuses for a reason of its own, which is in the message. */
  | 'REFUSED'
  | 'UNAVAILABLE';

/**
 * A store refused or failed a call.
 *
 * Only `UNAVAILABLE` is not permanent: the same call may succeed a moment later. A write that ends
 * with `UNAVAILABLE` or `ABORTED` may have been applied all the same; read the key to know.
 */
export class ObjectStoreError extends Error {
  override readonly name = 'ObjectStoreError';
  readonly code: ObjectStoreErrorCode;
  readonly permanent: boolean;

  constructor(code: ObjectStoreErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.permanent = code !== 'UNAVAILABLE';
  }
}

/**
 * Whether an error is a store's, with this code.
 *
 * @example
 * if (isStoreError(error, 'NOT_FOUND')) return null;
 */
export function isStoreError(error: unknown, code: ObjectStoreErrorCode): boolean {
  return error instanceof ObjectStoreError && error.code === code;
}

/** Ends a call whose signal has fired, with `ABORTED` and the signal's reason as the cause. */
export function throwIfAborted(signal: AbortSignal | undefined, what: string): void {
  if (signal?.aborted) {
    throw new ObjectStoreError('ABORTED', `${what} was cancelled by its caller.`, {
      cause: signal.reason,
    });
  }
}
