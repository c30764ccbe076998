/** A client's request as it came in: its body, and the few headers that a provider may see. */
export interface UpstreamRequest {
  readonly body: Uint8Array<ArrayBuffer>;
  readonly headers: Headers;
}

/**
 * Where completions come from: a provider, or the offline model.
 *
 * A call is made once per client request and never retried here: OpenEvolve retries. It ends early,
 * by rejecting, when `signal` aborts. The returned body belongs to the caller. An error reply of
 * the provider is a `Response`; what kept it from answering is a rejected `LlmGatewayError`.
 */
export interface ModelUpstream {
  /** `POST /chat/completions`. */
  complete(request: UpstreamRequest, signal: AbortSignal): Promise<Response>;
  /** `GET /models`. */
  models(signal: AbortSignal): Promise<Response>;
}
