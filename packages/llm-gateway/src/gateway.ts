import { createHash, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { LlmGatewayError } from './errors.ts';
import { openAiError } from './openai-error.ts';
import type { ModelUpstream } from './upstream.ts';
import { type GatewayUsage, UsageCounter } from './usage.ts';

/** A prompt of a million tokens is about 4 MB. */
const MAX_REQUEST_BYTES = 16 * 1024 * 1024;
const MAX_REPLY_BYTES = 32 * 1024 * 1024;
/** Longer than any client keeps idle connections, so that a request never meets a closing one. */
const KEEP_ALIVE_MS = 75_000;

/** What of a client's headers a provider gets to see; its credentials are never among them. */
const requestHeaders = ['accept', 'content-type', 'user-agent'];

export interface GatewayOptions {
  /** Clients must send `Authorization: Bearer <token>`. */
  readonly token: string;
  readonly upstream: ModelUpstream;
  /** 0, the default, takes a free one. */
  readonly port?: number;
  /** Called once per failed request, for the caller's log. Messages hold no key. */
  readonly onFailure?: (failure: LlmGatewayError) => void;
}

export interface Gateway {
  /** The base URL for OpenAI clients: `http://127.0.0.1:<port>/v1`. */
  readonly url: string;
  usage(): GatewayUsage;
  /** Stops listening and aborts what is running. Can be called again. */
  close(): Promise<void>;
}

/**
 * Starts an OpenAI-compatible server on the loopback interface, in front of a provider or of the
 * offline model: `POST /v1/chat/completions` and `GET /v1/models`.
 *
 * @throws {LlmGatewayError} `LISTEN_FAILED` when the port is taken.
 * @example
 * const gateway = await startGateway({
 *   token: crypto.randomUUID(),
 *   upstream: offlineModel({ seed: 1, latencyMs: 0 }),
 * });
 * console.log(gateway.url);
 * await gateway.close();
 */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const { token, upstream, port = 0, onFailure } = options;
  const counter = new UsageCounter();

  const server = createServer((request, response) => {
    const abort = new AbortController();
    response.once('close', () => abort.abort());
    answer(request, abort.signal)
      .then((reply) => write(reply, response))
      // The client went away, or a streamed reply broke off after its beginning had been sent: to
      // cut the connection is the only way left to say so.
      .catch(() => response.destroy());
  });
  server.keepAliveTimeout = KEEP_ALIVE_MS;

  async function answer(request: IncomingMessage, signal: AbortSignal): Promise<Response> {
    if (!isAuthorized(request, token)) {
      return openAiError(
        401,
        'authentication_error',
        'This gateway needs its own token as the API key.',
      );
    }
    const route = `${request.method} ${request.url?.split('?')[0]}`;
    if (route === 'GET /v1/models') return upstream.models(signal).catch(failureReply);
    if (route !== 'POST /v1/chat/completions') {
      return openAiError(
        404,
        'invalid_request_error',
        'This gateway serves POST /v1/chat/completions and GET /v1/models.',
      );
    }
    const body = await readBody(request);
    if (!body) {
      return openAiError(
        413,
        'invalid_request_error',
        `The request is larger than ${MAX_REQUEST_BYTES} bytes.`,
        { connection: 'close' },
      );
    }
    return complete({ body, headers: forwardedHeaders(request) }, signal);
  }

  async function complete(
    request: Parameters<ModelUpstream['complete']>[0],
    signal: AbortSignal,
  ): Promise<Response> {
    counter.request();
    try {
      const reply = await upstream.complete(request, signal);
      if (reply.ok && reply.headers.get('content-type')?.startsWith('text/event-stream')) {
        counter.success(null);
        return reply;
      }
      const body = await readReply(reply);
      if (reply.ok) counter.success(body.toString());
      else fail(refusal(reply.status, body.toString()));
      return new Response(body, reply);
    } catch (error) {
      if (signal.aborted) {
        counter.abort();
        throw error;
      }
      const failure = asGatewayError(error);
      fail(failure);
      return failureReply(failure);
    }
  }

  function fail(failure: LlmGatewayError): void {
    counter.failure();
    onFailure?.(failure);
  }

  try {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
  } catch (error) {
    throw new LlmGatewayError(
      'LISTEN_FAILED',
      `The gateway cannot listen on 127.0.0.1:${port}. Choose another port, or 0 for a free one.`,
      { cause: error, permanent: false },
    );
  }
  const address = server.address();
  const boundPort = typeof address === 'object' && address ? address.port : port;

  return {
    url: `http://127.0.0.1:${boundPort}/v1`,
    usage: () => counter.usage,
    close: async () => {
      if (!server.listening) return;
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

function isAuthorized(request: IncomingMessage, token: string): boolean {
  // Hashes have one length, as the comparison needs, and tell nothing of the token's own.
  const digest = (text: string) => createHash('sha256').update(text).digest();
  const given = request.headers.authorization ?? '';
  return timingSafeEqual(digest(given), digest(`Bearer ${token}`));
}

function forwardedHeaders(request: IncomingMessage): Headers {
  const headers = new Headers();
  for (const name of requestHeaders) {
    const value = request.headers[name];
    if (typeof value === 'string') headers.set(name, value);
  }
  return headers;
}

/** The whole body, or null when it is too large. */
async function readBody(request: IncomingMessage): Promise<Buffer<ArrayBuffer> | null> {
  if (Number(request.headers['content-length'] ?? 0) > MAX_REQUEST_BYTES) return null;
  // Destroying the request would take the connection along, and the refusal with it.
  return collect(request.iterator({ destroyOnReturn: false }), MAX_REQUEST_BYTES);
}

async function readReply(reply: Response): Promise<Buffer<ArrayBuffer>> {
  let body: Buffer<ArrayBuffer> | null;
  try {
    body = await collect(reply.body ?? [], MAX_REPLY_BYTES);
  } catch (error) {
    throw new LlmGatewayError(
      'UPSTREAM_UNREACHABLE',
      'The model provider broke off in the middle of its reply. Nothing to do if it is rare.',
      { cause: error, permanent: false },
    );
  }
  if (body) return body;
  throw new LlmGatewayError(
    'UPSTREAM_REPLY_TOO_LARGE',
    `The model provider's reply is larger than ${MAX_REPLY_BYTES} bytes. Lower llm.max_tokens, or check what answers at api_base.`,
    { permanent: true },
  );
}

async function collect(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  limit: number,
): Promise<Buffer<ArrayBuffer> | null> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of chunks) {
    size += chunk.length;
    if (size > limit) return null;
    parts.push(chunk);
  }
  return Buffer.concat(parts);
}

async function write(reply: Response, response: ServerResponse): Promise<void> {
  response.writeHead(reply.status, Object.fromEntries(reply.headers));
  if (reply.body) await pipeline(Readable.fromWeb(reply.body), response);
  else response.end();
}

function refusal(status: number, body: string): LlmGatewayError {
  const keyRefused = status === 401 || status === 403;
  return new LlmGatewayError(
    keyRefused ? 'KEY_REFUSED' : 'UPSTREAM_FAILED',
    `The model provider answered ${status}${keyRefused ? ', so it refuses the key' : ''}: ${body.replace(/\s+/g, ' ').slice(0, 300)}`,
    // 408, 409, 425 and 429 ask for patience; the other 4xx find fault with the request itself.
    { permanent: status < 500 && ![408, 409, 425, 429].includes(status) },
  );
}

function asGatewayError(error: unknown): LlmGatewayError {
  if (error instanceof LlmGatewayError) return error;
  return new LlmGatewayError(
    'UPSTREAM_FAILED',
    'The request could not be passed on to the model, for a reason nobody expected (see the cause).',
    { cause: error, permanent: false },
  );
}

function failureReply(error: unknown): Response {
  const failure = asGatewayError(error);
  // OpenAI's clients retry any 5xx unless this header says that it is useless.
  return openAiError(502, 'upstream_error', failure.message, {
    'x-should-retry': String(!failure.permanent),
  });
}
