import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import { type AddressInfo, createServer as createNetServer } from 'node:net';
import { text } from 'node:stream/consumers';
import { expect, test, vi } from 'vitest';
import { completion, startProvider } from '../tests/provider.ts';
import { providerUpstream } from './provider-upstream.ts';
import type { UpstreamReply } from './upstream.ts';

const KEY = 'sk-provider-0123456789';
const never = new AbortController().signal;

async function upstreamTo(listener: RequestListener, timeoutMs = 5_000) {
  const provider = await startProvider(listener);
  const upstream = providerUpstream({ baseUrl: `${provider.url}/`, apiKey: KEY, timeoutMs });
  const ask = (body = '{}', signal = never) =>
    upstream.complete({ body: Buffer.from(body), headers: { accept: 'x' } }, signal);
  return { ...provider, upstream, ask };
}

async function bodyOf({ body }: UpstreamReply): Promise<string> {
  if (Buffer.isBuffer(body)) return body.toString();
  const chunks: Buffer[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

test('a request passes with its bytes untouched and the provider key', async () => {
  let seen: { request: IncomingMessage; body: string } | undefined;
  await using to = await upstreamTo(async (request, response) => {
    seen = { request, body: await text(request) };
    response.setHeader('content-type', 'application/json').end(completion());
  });
  const body = '{"model": "m",  "seed":1, "n": 12345678901234567890, "messages": []}';
  expect(await bodyOf(await to.ask(body))).toBe(completion());
  expect(seen?.body).toBe(body);
  expect(seen?.request.url).toBe('/v1/chat/completions');
  expect(seen?.request.headers).toMatchObject({ authorization: `Bearer ${KEY}`, accept: 'x' });
});

test('the provider key is in no reply, whatever the provider sends back', async () => {
  await using to = await upstreamTo(async (request, response) => {
    const status = Number(await text(request));
    response.writeHead(status, `no ${KEY}`, {
      'content-type': status === 200 ? 'text/event-stream' : 'application/json',
      'x-request-id': `id-${KEY}`,
      'set-cookie': `key=${KEY}`,
      'x-echo': request.headers.authorization,
    });
    response.write(`{"error":{"message":"Incorrect API key: ${KEY.slice(0, 9)}`);
    setImmediate(() => response.end(`${KEY.slice(9)} and ${KEY}"}}`));
  });
  for (const status of [200, 400, 401, 403, 429, 500]) {
    const reply = await to.ask(String(status));
    const everything = JSON.stringify([reply.status, reply.headers, await bodyOf(reply)]);
    expect(everything).not.toContain(KEY);
    expect(everything).toContain('[redacted]');
    expect(Object.keys(reply.headers).sort()).toEqual(['content-type', 'x-request-id']);
  }
});

test('a redirect is refused, so that the key never follows it', async () => {
  const elsewhere = vi.fn();
  await using other = await startProvider((_request, response) => {
    elsewhere();
    response.end(completion());
  });
  await using to = await upstreamTo((_request, response) => {
    response.writeHead(307, { location: `${other.url}/chat/completions?${KEY}` }).end();
  });
  const refusal = await to.ask().catch((error: unknown) => error);
  expect(refusal).toMatchObject({ code: 'UPSTREAM_REDIRECTED', permanent: true });
  expect(String(refusal)).not.toContain(KEY);
  expect(elsewhere).not.toHaveBeenCalled();
});

test('a provider where nothing listens was certainly not asked', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise((closed) => server.close(closed));
  const upstream = providerUpstream({
    baseUrl: `http://127.0.0.1:${port}/v1`,
    apiKey: KEY,
    timeoutMs: 1_000,
  });
  await expect(upstream.models(never)).rejects.toMatchObject({
    code: 'UPSTREAM_UNREACHABLE',
    permanent: false,
    message: expect.stringContaining('ECONNREFUSED'),
  });
});

test.each<[string, RequestListener]>([
  [
    'breaks off in the middle',
    (_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' }).write('{"choices": [');
      setImmediate(() => response.destroy());
    },
  ],
  ['closes the connection without a word', (request) => request.socket.destroy()],
  ['says nothing for too long', () => undefined],
  ['begins and says nothing more', (_request, response) => void response.writeHead(200).write('{')],
])('a provider that %s may have charged', async (_what, listener) => {
  await using to = await upstreamTo(listener, 200);
  await expect(to.ask()).rejects.toMatchObject({ code: 'UPSTREAM_BROKE_OFF', permanent: false });
});

test('a reply that is larger than any completion is cut off', async () => {
  await using to = await upstreamTo((_request, response) => {
    const piece = Buffer.alloc(1024 * 1024, 'x');
    const more = () => {
      while (response.writable && response.write(piece));
    };
    response.on('drain', more);
    more();
  });
  await expect(to.ask()).rejects.toMatchObject({ code: 'UPSTREAM_REPLY_TOO_LARGE' });
});

test('an aborted call takes its request to the provider along', async () => {
  const abort = new AbortController();
  let closed = false;
  await using to = await upstreamTo((_request, response) => {
    response.once('close', () => {
      closed = true;
    });
    abort.abort();
  });
  await expect(to.ask('{}', abort.signal)).rejects.toMatchObject({ name: 'AbortError' });
  await vi.waitFor(() => expect(closed).toBe(true));
});

test('connections are kept for the next call', async () => {
  const ports = new Set<number | undefined>();
  await using to = await upstreamTo((request, response) => {
    ports.add(request.socket.remotePort);
    response.end(completion());
  });
  for (let call = 0; call < 5; call++) await to.ask();
  expect(ports.size).toBe(1);
});

test('fields that a known provider refuses are left out, at the top only', async () => {
  const { providers } = await import('./providers.ts');
  const bodies: string[] = [];
  await using to = await startProvider(async (request, response) => {
    bodies.push(await text(request));
    response.end(completion());
  });
  const known = vi.spyOn(providers.gemini, 'baseUrl', 'get' as never);
  known.mockReturnValue(`${to.url}/` as never);
  const upstream = providerUpstream({ baseUrl: to.url, apiKey: KEY, timeoutMs: 1_000 });
  known.mockRestore();
  const body = Buffer.from('{"model":"m","seed":7,"messages":[{"seed":1}]}');
  await upstream.complete({ body, headers: {} }, never);
  expect(bodies).toEqual(['{"model":"m","messages":[{"seed":1}]}']);
});

test.each(['', 'sk-a\n', 'two words', 'schlüssel'])(
  'the key %j is refused before use, and not shown',
  (apiKey) => {
    const use = () =>
      providerUpstream({ baseUrl: 'https://api.openai.com/v1', apiKey, timeoutMs: 1 });
    expect(use).toThrow(expect.objectContaining({ code: 'KEY_UNUSABLE', permanent: true }));
    if (apiKey) expect(use).not.toThrow(apiKey);
  },
);

test.each(['api.openai.com/v1', 'ftp://host/v1', 'https://user@host/v1', 'https://host/v1?a=b'])(
  'the base URL %j is refused',
  (baseUrl) => {
    expect(() => providerUpstream({ baseUrl, apiKey: KEY, timeoutMs: 1 })).toThrow(
      expect.objectContaining({ code: 'INVALID_CONFIG' }),
    );
  },
);

test.each<[string, string]>([
  ['with a path of its own', 'http://127.0.0.1:PORT/some/where/v1//'],
  ['of IPv6', 'http://[::1]:PORT/v1'],
])('a base URL %s is kept to', async (_what, address) => {
  const seen: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    seen.push(request.headers.host, request.url);
    response.end(completion());
  }).listen(0, address.includes('[') ? '::1' : '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const baseUrl = address.replace('PORT', String(port));
  await providerUpstream({ baseUrl, apiKey: KEY, timeoutMs: 5_000 }).models(never);
  const { host, pathname } = new URL(baseUrl);
  expect(seen).toEqual([host, `${pathname.replace(/\/+$/, '')}/models`]);
  server.closeAllConnections();
  server.close();
});

test.each([
  'https://user:pass-word-0123@host/v1',
  'https://:pass-word-0123@host/v1',
  'https://host/v1?key=pass-word-0123',
  'host/v1?key=pass-word-0123',
  'user:pass-word-0123@host/v1',
])('a base URL that holds a key is refused without showing it: %j', (baseUrl) => {
  const use = () => providerUpstream({ baseUrl, apiKey: KEY, timeoutMs: 1 });
  expect(use).toThrow(
    expect.objectContaining({
      code: 'INVALID_CONFIG',
      message: expect.not.stringContaining('pass-word-0123'),
    }),
  );
});

test('a provider that takes no connection, or none that is safe, was certainly not asked', async () => {
  // Says something that is no TLS.
  const server = createNetServer((socket) => {
    socket.on('error', () => undefined).end('hello\r\n');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const baseUrl = `https://127.0.0.1:${port}/v1`;
  await expect(
    providerUpstream({ baseUrl, apiKey: KEY, timeoutMs: 2_000 }).models(never),
  ).rejects.toMatchObject({ code: 'UPSTREAM_UNREACHABLE' });
  server.close();
  // Accepts, and never answers the greeting.
  const silent = createNetServer().listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const { port: other } = silent.address() as AddressInfo;
  await expect(
    providerUpstream({
      baseUrl: `https://127.0.0.1:${other}/v1`,
      apiKey: KEY,
      timeoutMs: 100,
    }).models(never),
  ).rejects.toMatchObject({ code: 'UPSTREAM_UNREACHABLE' });
  silent.close();
});

test('replies are asked for as they are, so that what is in them can be read', async () => {
  let asked: unknown;
  await using to = await upstreamTo((request, response) => {
    asked = request.headers['accept-encoding'];
    response.end(completion());
  });
  await to.ask();
  expect(asked).toBe('identity');
});
