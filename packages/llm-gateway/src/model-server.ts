import { timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { LlmGatewayError } from './errors.ts';
import { Load, type LoadLimits, type LoadShare } from './load.ts';
import { openAiError } from './openai-error.ts';
import type { ModelUpstream, UpstreamReply } from './upstream.ts';

/** A prompt of a million tokens is about 4 MB. */
const MAX_REQUEST_BYTES = 16 * 1024 * 1024;
const LOAD_LIMITS: LoadLimits = { requests: 1024, bytes: 128 * 1024 * 1024 };
/** Longer than any client keeps idle connections, so that a request never meets a closing one. */
const KEEP_ALIVE_MS = 75_000;

/** What of a client's headers a provider gets to see; its credentials are never among them. */
const requestHeaders = ['accept', 'content-type', 'user-agent'];

export interface ModelServerOptions {
  /** Clients must send `Authorization: Bearer <token>`. */
  readonly token: string;
  /** By the path under which each is served: `/v1`. */
  readonly upstreams: Readonly<Record<string, ModelUpstream>>;
  /** 0, the default, takes a free one. */
  readonly port?: number;
}

export interface ModelServer {
  /** `http://127.0.0.1:<port>`, to which the path of an upstream is added. */
  readonly origin: string;
  /** Stops listening and aborts what is running. Can be called again. */
  close(): Promise<void>;
}

/**
 * Starts an OpenAI-compatible server on the loopback interface: `POST /chat/completions` and
 * `GET /models` under the path of each upstream. It has no policy of its own.
 *
 * @throws {LlmGatewayError} `LISTEN_FAILED` when the port is taken.
 * @example
 * const server = await serveModels({ token, upstreams: { '/v1': offlineModel({ seed: 1, latencyMs: 0 }) } });
 */
export async function serveModels(options: ModelServerOptions): Promise<ModelServer> {
  const { upstreams, port = 0 } = options;
  const authorization = Buffer.from(`Bearer ${options.token}`);
  const load = new Load(LOAD_LIMITS);

  const server = createServer((request, response) => {
    const abort = new AbortController();
    response.once('close', () => {
      if (!response.writableFinished) abort.abort();
    });
    answer(request, response, abort.signal)
      .then((reply) => write(reply, response))
      // The client went away, or a streamed reply broke off after its beginning had been sent: to
      // cut the connection is the only way left to say so.
      .catch(() => response.destroy());
  });
  server.keepAliveTimeout = KEEP_ALIVE_MS;

  async function answer(
    request: IncomingMessage,
    response: ServerResponse,
    signal: AbortSignal,
  ): Promise<UpstreamReply> {
    if (!isAuthorized(request, authorization)) {
      return openAiError(
        401,
        'authentication_error',
        'This gateway needs its own token as the API key.',
      );
    }
    const path = request.url?.split('?')[0] ?? '';
    const [, prefix = '', endpoint] = /^(.*?)(\/chat\/completions|\/models)$/.exec(path) ?? [];
    const upstream = Object.hasOwn(upstreams, prefix) ? upstreams[prefix] : undefined;
    if (upstream && request.method === 'GET' && endpoint === '/models') {
      return upstream.models(signal).catch((error) => failureReply(error, signal));
    }
    if (!upstream || request.method !== 'POST' || endpoint !== '/chat/completions') {
      return openAiError(
        404,
        'invalid_request_error',
        'This gateway serves POST /v1/chat/completions and GET /v1/models.',
      );
    }
    const share = load.share();
    response.once('close', () => share?.release());
    const body = share && (await readBody(request, share));
    if (!body) {
      // A client that is still sending could not read the refusal of a closed connection.
      request.resume();
      return openAiError(503, 'server_error', 'Too many requests are under way.');
    }
    if (body === 'too large') {
      return openAiError(
        413,
        'invalid_request_error',
        `The request is larger than ${MAX_REQUEST_BYTES} bytes.`,
        { connection: 'close' },
      );
    }
    return upstream
      .complete({ body, headers: forwardedHeaders(request) }, signal)
      .catch((error) => failureReply(error, signal));
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
    origin: `http://127.0.0.1:${boundPort}`,
    close: async () => {
      if (!server.listening) return;
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

function isAuthorized(request: IncomingMessage, expected: Buffer): boolean {
  const given = Buffer.from(request.headers.authorization ?? '');
  // Tokens are random and of one known length, so the length gives nothing away.
  return given.length === expected.length && timingSafeEqual(given, expected);
}

function forwardedHeaders(request: IncomingMessage): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const name of requestHeaders) {
    const value = request.headers[name];
    if (typeof value === 'string') headers[name] = value;
  }
  return headers;
}

/** The whole body, or null when there is no room for it. */
async function readBody(
  request: IncomingMessage,
  share: LoadShare,
): Promise<Buffer | 'too large' | null> {
  if (Number(request.headers['content-length'] ?? 0) > MAX_REQUEST_BYTES) return 'too large';
  const parts: Buffer[] = [];
  let size = 0;
  // Destroying the request would take the connection along, and the refusal with it.
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    size += chunk.length;
    if (size > MAX_REQUEST_BYTES) return 'too large';
    if (!share.add(chunk.length)) return null;
    parts.push(chunk);
  }
  return Buffer.concat(parts, size);
}

async function write(reply: UpstreamReply, response: ServerResponse): Promise<void> {
  if (Buffer.isBuffer(reply.body)) {
    response.writeHead(reply.status, { ...reply.headers, 'content-length': reply.body.length });
    response.end(reply.body);
    return;
  }
  response.writeHead(reply.status, reply.headers);
  await pipeline(reply.body, response);
}

function failureReply(error: unknown, signal: AbortSignal): UpstreamReply {
  if (signal.aborted) throw error;
  if (!(error instanceof LlmGatewayError)) {
    return openAiError(500, 'server_error', 'The gateway failed for a reason nobody expected.', {
      'x-should-retry': 'false',
    });
  }
  // OpenAI's clients retry any 5xx unless this header says that it is useless.
  const headers = { 'x-should-retry': String(!error.permanent) };
  return error.code === 'JOB_ENDING'
    ? openAiError(503, 'server_error', error.message, headers, 'job_ending')
    : openAiError(502, 'upstream_error', error.message, headers, error.code.toLowerCase());
}
