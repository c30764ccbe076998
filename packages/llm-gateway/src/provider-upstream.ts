import { LlmGatewayError } from './errors.ts';
import { providerOf } from './providers.ts';
import { redacting } from './redact.ts';
import type { ModelUpstream } from './upstream.ts';

/** A provider's address and the key that opens it. */
export interface ProviderTarget {
  /** Such as `https://api.openai.com/v1`; with or without a slash at the end. */
  readonly baseUrl: string;
  readonly apiKey: string;
}

/** Shorter keys would redact ordinary words; no provider hands out such keys. */
const MIN_REDACTED_KEY = 8;

/** What a client may know of a reply. Anything else, cookies above all, stays here. */
const replyHeaders =
  /^(content-type|retry-after|retry-after-ms|x-should-retry|x-request-id|x-ratelimit-.+)$/;

/**
 * Forwards requests to an OpenAI-compatible provider with its own key.
 *
 * The key goes to this base URL and nowhere else: redirects are refused, and the key is cut out of
 * whatever the provider sends back. Bodies pass untouched, but for fields that the provider is
 * known to refuse (`Provider.unsupportedFields`).
 *
 * @throws {LlmGatewayError} `INVALID_CONFIG` for a base URL that is none, `KEY_UNUSABLE` for a key
 * that no header can carry (often a line break at its end).
 * @example
 * const upstream = providerUpstream({ baseUrl: 'https://api.openai.com/v1', apiKey });
 */
export function providerUpstream(target: ProviderTarget): ModelUpstream {
  const base = parseBaseUrl(target.baseUrl);
  const { apiKey } = target;
  if (!/^[\x21-\x7e]+$/.test(apiKey)) {
    throw new LlmGatewayError(
      'KEY_UNUSABLE',
      `The key for ${base.host} is empty or holds blanks, line breaks or other characters that no key has. Store it again without them.`,
      { permanent: true },
    );
  }
  const unsupported = providerOf(target.baseUrl)?.unsupportedFields ?? [];

  async function send(path: string, init: RequestInit & { headers: Headers }): Promise<Response> {
    init.headers.set('authorization', `Bearer ${apiKey}`);
    const url = `${base.href.replace(/\/+$/, '')}${path}`;
    let reply: Response;
    try {
      reply = await fetch(url, { ...init, redirect: 'manual' });
    } catch (error) {
      init.signal?.throwIfAborted();
      throw unreachable(base.host, error);
    }
    if (reply.status >= 300 && reply.status < 400) {
      await reply.body?.cancel();
      throw new LlmGatewayError(
        'UPSTREAM_REDIRECTED',
        `${base.host} answered with a redirect (${reply.status}), which is not followed, since the key is for that host only. Set api_base to the final address.`,
        { permanent: true },
      );
    }
    return withoutKey(reply, apiKey);
  }

  return {
    complete: ({ body, headers }, signal) =>
      send('/chat/completions', {
        method: 'POST',
        headers: new Headers(headers),
        body: withoutFields(body, unsupported),
        signal,
      }),
    models: (signal) => send('/models', { headers: new Headers(), signal }),
  };
}

function parseBaseUrl(baseUrl: string): URL {
  const url = URL.parse(baseUrl);
  if (!url || !/^https?:$/.test(url.protocol) || url.username || url.search || url.hash) {
    throw new LlmGatewayError(
      'INVALID_CONFIG',
      `${JSON.stringify(baseUrl)} is not a provider's base URL. Give one like https://api.openai.com/v1, without user name, query or fragment.`,
      { permanent: true },
    );
  }
  return url;
}

function withoutFields(
  body: Uint8Array<ArrayBuffer>,
  fields: readonly string[],
): Uint8Array<ArrayBuffer> | string {
  if (fields.length === 0) return body;
  let request: unknown;
  try {
    request = JSON.parse(new TextDecoder().decode(body));
  } catch {
    // Not JSON: the provider is the one to say so.
    return body;
  }
  const entries = Object.entries(request ?? {});
  const kept = entries.filter(([field]) => !fields.includes(field));
  return kept.length === entries.length ? body : JSON.stringify(Object.fromEntries(kept));
}

function withoutKey(reply: Response, apiKey: string): Response {
  const headers = new Headers();
  for (const [name, value] of reply.headers) {
    if (replyHeaders.test(name)) headers.set(name, value.replaceAll(apiKey, '[redacted]'));
  }
  const body =
    apiKey.length < MIN_REDACTED_KEY ? reply.body : reply.body?.pipeThrough(redacting(apiKey));
  return new Response(body ?? null, { status: reply.status, headers });
}

function unreachable(host: string, error: unknown): LlmGatewayError {
  // fetch hides the reason (ECONNREFUSED, ENOTFOUND, a time-out) in the cause.
  const cause = error instanceof Error && error.cause ? error.cause : error;
  const reason =
    cause instanceof Error && 'code' in cause && typeof cause.code === 'string'
      ? cause.code
      : 'no reply';
  return new LlmGatewayError(
    'UPSTREAM_UNREACHABLE',
    `${host} cannot be reached (${reason}). Check the network, the address and the provider's status page.`,
    { cause: error, permanent: false },
  );
}
