import http, { type IncomingMessage, type OutgoingHttpHeaders } from 'node:http';
import https from 'node:https';
import { parseBaseUrl } from './base-url.ts';
import { LlmGatewayError } from './errors.ts';
import { providerOf } from './providers.ts';
import { redact, redactStream } from './redact.ts';
import type { ModelUpstream, UpstreamReply } from './upstream.ts';

/** A provider's address and the key that opens it. */
export interface ProviderTarget {
  /** Such as `https://api.openai.com/v1`; with or without a slash at the end. */
  readonly baseUrl: string;
  readonly apiKey: string;
  /** Milliseconds until the reply has begun, and then between two pieces of it. */
  readonly timeoutMs: number;
}

/** Shorter keys would redact ordinary words; no provider hands out such keys. */
const MIN_REDACTED_KEY = 8;
const MAX_REPLY_BYTES = 32 * 1024 * 1024;
/** A provider that closes idle connections earlier says so in its replies. */
const IDLE_CONNECTION_MS = 30_000;

/** What a client may know of a reply. Anything else, cookies above all, stays here. */
const replyHeaders =
  /^(content-type|retry-after|retry-after-ms|x-should-retry|x-request-id|x-ratelimit-.+)$/;

/**
 * Forwards requests to an OpenAI-compatible provider with its own key.
 *
 * The key goes to this base URL and nowhere else: redirects are refused, and the key is cut out of
 * whatever the provider sends back. Bodies pass untouched, but for fields that the provider is
 * known to refuse (`Provider.unsupportedFields`). Connections are kept for the next call.
 *
 * @throws {LlmGatewayError} `INVALID_CONFIG` for a base URL that is none, `KEY_UNUSABLE` for a key
 * that no header can carry (often a line break at its end).
 * @example
 * const upstream = providerUpstream({ baseUrl: 'https://api.openai.com/v1', apiKey, timeoutMs: 60_000 });
 */
export function providerUpstream(target: ProviderTarget): ModelUpstream {
  const base = parseBaseUrl(target.baseUrl);
  const { apiKey, timeoutMs } = target;
  if (!/^[\x21-\x7e]+$/.test(apiKey)) {
    throw new LlmGatewayError(
      'KEY_UNUSABLE',
      `The key for ${base.host} is empty or holds blanks, line breaks or other characters that no key has. Store it again without them.`,
      { permanent: true },
    );
  }
  const unsupported = providerOf(target.baseUrl)?.unsupportedFields ?? [];
  const { request: open, Agent } = base.protocol === 'https:' ? https : http;
  const agent = new Agent({ keepAlive: true, timeout: IDLE_CONNECTION_MS, scheduling: 'lifo' });
  const path = base.pathname.replace(/\/+$/, '');
  const secret = apiKey.length < MIN_REDACTED_KEY ? null : apiKey;

  function send(
    method: 'GET' | 'POST',
    endpoint: string,
    headers: OutgoingHttpHeaders,
    body: Buffer | null,
    signal: AbortSignal,
  ): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      // Before that nothing is on its way, and nobody charges for it.
      let isConnected = false;
      const request = open(base, {
        method,
        path: `${path}${endpoint}`,
        agent,
        signal,
        timeout: timeoutMs,
        headers: {
          ...headers,
          // What is packed could be neither counted nor searched for the key.
          'accept-encoding': 'identity',
          authorization: `Bearer ${apiKey}`,
          ...(body && { 'content-length': body.length }),
        },
      });
      request.once('socket', (socket) => {
        isConnected = !socket.connecting;
        if (isConnected) return;
        socket.once(base.protocol === 'https:' ? 'secureConnect' : 'connect', () => {
          isConnected = true;
        });
      });
      request.once('response', resolve);
      request.once('timeout', () => request.destroy(new TimedOut(timeoutMs)));
      // Also after the response has begun, when its own stream tells of the error.
      request.on('error', (error) =>
        reject(signal.aborted ? signal.reason : noReply(base.host, error, isConnected)),
      );
      request.end(body ?? undefined);
    });
  }

  async function reply(message: IncomingMessage, signal: AbortSignal): Promise<UpstreamReply> {
    const status = message.statusCode ?? 0;
    if (status >= 300 && status < 400) {
      message.destroy();
      throw new LlmGatewayError(
        'UPSTREAM_REDIRECTED',
        `${base.host} answered with a redirect (${status}), which is not followed, since the key is for that host only. Set api_base to the final address.`,
        { permanent: true },
      );
    }
    const headers = headersOf(message, secret);
    if (status === 200 && headers['content-type']?.startsWith('text/event-stream')) {
      return { status, headers, body: secret ? redactStream(message, secret) : message };
    }
    const body = await readWhole(message, base.host, signal);
    return { status, headers, body: secret ? redact(body, secret) : body };
  }

  return {
    async complete({ body, headers }, signal) {
      const kept = withoutFields(body, unsupported);
      return reply(await send('POST', '/chat/completions', headers, kept, signal), signal);
    },
    async models(signal) {
      return reply(await send('GET', '/models', {}, null, signal), signal);
    },
  };
}

class TimedOut extends Error {
  readonly code: string;
  constructor(timeoutMs: number) {
    super('no reply in time');
    this.code = `no reply within ${timeoutMs / 1000} s`;
  }
}

function withoutFields(body: Buffer, fields: readonly string[]): Buffer {
  if (!fields.some((field) => body.includes(`"${field}"`))) return body;
  let request: unknown;
  try {
    request = JSON.parse(body.toString());
  } catch {
    // Not JSON: the provider is the one to say so.
    return body;
  }
  const entries = Object.entries(request ?? {});
  const kept = entries.filter(([field]) => !fields.includes(field));
  return kept.length === entries.length
    ? body
    : Buffer.from(JSON.stringify(Object.fromEntries(kept)));
}

function headersOf(message: IncomingMessage, secret: string | null): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(message.headers)) {
    if (typeof value === 'string' && replyHeaders.test(name)) {
      headers[name] = secret ? value.replaceAll(secret, '[redacted]') : value;
    }
  }
  return headers;
}

async function readWhole(
  message: IncomingMessage,
  host: string,
  signal: AbortSignal,
): Promise<Buffer> {
  const parts: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of message) {
      parts.push(chunk);
      size += chunk.length;
      if (size > MAX_REPLY_BYTES) break; // which destroys the message
    }
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    throw brokeOff(host, error);
  }
  if (size <= MAX_REPLY_BYTES) return Buffer.concat(parts, size);
  throw new LlmGatewayError(
    'UPSTREAM_REPLY_TOO_LARGE',
    `The reply of ${host} is larger than ${MAX_REPLY_BYTES} bytes. Lower llm.max_tokens, or check what answers at api_base.`,
    { permanent: true },
  );
}

function noReply(host: string, error: Error, isConnected: boolean): LlmGatewayError {
  if (isConnected) return brokeOff(host, error);
  const code = 'code' in error && typeof error.code === 'string' ? error.code : error.message;
  return new LlmGatewayError(
    'UPSTREAM_UNREACHABLE',
    `${host} cannot be reached (${code}). Check the network, the address and the provider's status page.`,
    { cause: error, permanent: false },
  );
}

/** Also of a stream that breaks off after its beginning has been passed on. */
export function brokeOff(host: string, error: unknown): LlmGatewayError {
  const why = error instanceof Error && 'code' in error ? ` (${String(error.code)})` : '';
  return new LlmGatewayError(
    'UPSTREAM_BROKE_OFF',
    `${host} broke off before its reply was complete${why}. Nothing to do if it is rare; for replies that take long raise llm.timeout.`,
    { cause: error, permanent: false },
  );
}
