/** What went wrong, for a program to act on. */
export type LlmGatewayErrorCode =
  /** The user's config cannot be served through a gateway. */
  | 'INVALID_CONFIG'
  /** The config names more than one provider or key. */
  | 'SEVERAL_UPSTREAMS'
  /** A variable that should hold a key is not set. */
  | 'KEY_MISSING'
  /** A key holds characters that no header may carry, or would go to a host it is not meant for. */
  | 'KEY_UNUSABLE'
  /** The provider refused the key (401 or 403). */
  | 'KEY_REFUSED'
  /** The provider could not be reached, or broke off. */
  | 'UPSTREAM_UNREACHABLE'
  /** The provider answered with a redirect, which is never followed. */
  | 'UPSTREAM_REDIRECTED'
  /** The provider's reply is larger than any completion. */
  | 'UPSTREAM_REPLY_TOO_LARGE'
  /** The provider answered with an error. */
  | 'UPSTREAM_FAILED'
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
