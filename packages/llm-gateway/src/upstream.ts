/** A client's request as it came in: its body, and the few headers that a provider may see. */
export interface UpstreamRequest {
  readonly body: Buffer;
  readonly headers: Readonly<Record<string, string>>;
}

/** A reply. Its body is there whole, but for one that the provider streams. */
export interface UpstreamReply {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer | AsyncIterable<Buffer>;
}

/**
 * Where completions come from: a provider, the offline model, or one of these under our policy.
 *
 * A call ends early, by rejecting, when `signal` aborts. An error reply of the provider is a reply;
 * what kept it from answering is a rejected `LlmGatewayError`. A streamed body belongs to the
 * caller, who reads it to its end or returns its iterator.
 */
export interface ModelUpstream {
  /** `POST /chat/completions`. */
  complete(request: UpstreamRequest, signal: AbortSignal): Promise<UpstreamReply>;
  /** `GET /models`. */
  models(signal: AbortSignal): Promise<UpstreamReply>;
}

/**
 * A reply with a JSON body.
 *
 * @example
 * jsonReply(200, { object: 'list', data: [] });
 */
export function jsonReply(
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): UpstreamReply {
  return {
    status,
    headers: { 'content-type': 'application/json', ...headers },
    body: Buffer.from(JSON.stringify(body)),
  };
}
