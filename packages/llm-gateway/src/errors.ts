/** What went wrong, for a program to act on. */
export type LlmGatewayErrorCode =
  /** The user's config cannot be served through a gateway. */
  | 'INVALID_CONFIG'
  /** A variable that should hold a key is not set, or holds a placeholder. */
  | 'KEY_MISSING'
  /** A key holds characters that no header may carry, or would go to a host it is not meant for. */
  | 'KEY_UNUSABLE'
  /** The provider refused the key. */
  | 'KEY_REFUSED'
  /** There is a cap in dollars, and no price for a model. */
  | 'PRICE_UNKNOWN'
  /** The provider does not know a model, or is not at its address. */
  | 'MODEL_UNKNOWN'
  /** The provider has something against every request for a model of the config. */
  | 'REQUESTS_REFUSED'
  /** The provider asks to wait, or the account has nothing left. */
  | 'UPSTREAM_BUSY'
  /** The provider could not be reached. */
  | 'UPSTREAM_UNREACHABLE'
  /** The provider broke off, or did not answer in time: it may charge for the call all the same. */
  | 'UPSTREAM_BROKE_OFF'
  /** The provider answered with a redirect, which is never followed. */
  | 'UPSTREAM_REDIRECTED'
  /** The provider's reply is larger than any completion. */
  | 'UPSTREAM_REPLY_TOO_LARGE'
  /** The provider answered with an error. */
  | 'UPSTREAM_FAILED'
  /** The reply holds no completion. */
  | 'REPLY_EMPTY'
  /** No call is made any more: the job ends. */
  | 'JOB_ENDING'
  /** The server could not listen. */
  | 'LISTEN_FAILED';

/**
 * A fault of the gateway, its configuration or the provider behind it. The message never holds a
 * key. `permanent` says whether the same request can only fail again.
 */
export class LlmGatewayError extends Error {
  override readonly name = 'LlmGatewayError';
  readonly code: LlmGatewayErrorCode;
  readonly permanent: boolean;

  constructor(
    code: LlmGatewayErrorCode,
    message: string,
    options: ErrorOptions & { permanent: boolean },
  ) {
    super(message, options);
    this.code = code;
    this.permanent = options.permanent;
  }
}
