import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, expect, test, vi } from 'vitest';
import type { LlmGatewayError } from './errors.ts';
import { type Gateway, startGateway } from './gateway.ts';
import { providerUpstream } from './provider-upstream.ts';
import type { ModelUpstream } from './upstream.ts';

const KEY = 'sk-provider-0123456789';
const TOKEN = 'run-token';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function provider(listener: RequestListener): Promise<string> {
  const server: Server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanups.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return `http://127.0.0.1:${port}/v1/`;
}

async function gateway(upstream: ModelUpstream, failures: LlmGatewayError[] = []) {
  const started = await startGateway({
    token: TOKEN,
    upstream,
    onFailure: (failure) => failures.push(failure),
  });
  cleanups.push(() => started.close());
  return started;
}

/** A gateway in front of a provider that answers with `listener`. */
async function inFrontOf(listener: RequestListener, failures: LlmGatewayError[] = []) {
  return gateway(providerUpstream({ baseUrl: await provider(listener), apiKey: KEY }), failures);
}

/** A promise, and what fulfils it. */
function latch(): [opened: Promise<void>, open: () => void] {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return [opened, open];
}

function post(to: Gateway, body: string, init: RequestInit = {}): Promise<Response> {
  return fetch(`${to.url}/chat/completions`, {
    method: 'POST',
    body,
    ...init,
    headers: {
      authorization: `Bearer ${TOKEN}`,
      'content-type': 'application/json',
      ...init.headers,
    },
  });
}

const completion = JSON.stringify({
  choices: [{ message: { content: 'hello' } }],
  usage: { prompt_tokens: 11, completion_tokens: 4, total_tokens: 15 },
});

test('a request passes with its bytes untouched and the provider key in place of the token', async () => {
  let seen: { request: IncomingMessage; body: string } | undefined;
  const to = await inFrontOf(async (request, response) => {
    seen = { request, body: await text(request) };
    response.setHeader('content-type', 'application/json').end(completion);
  });
  const body = '{"model": "m",  "seed":1, "n": 12345678901234567890, "messages": []}';
  const reply = await post(to, body, { headers: { 'x-private': 'client', cookie: 'a=b' } });

  expect(await reply.text()).toBe(completion);
  expect(seen?.body).toBe(body);
  expect(seen?.request.url).toBe('/v1/chat/completions');
  expect(seen?.request.headers.authorization).toBe(`Bearer ${KEY}`);
  expect(seen?.request.headers).not.toHaveProperty('x-private');
  expect(seen?.request.headers).not.toHaveProperty('cookie');
  expect(to.usage()).toEqual({
    requests: 1,
    failures: 0,
    failuresInARow: 0,
    aborted: 0,
    promptTokens: 11,
    completionTokens: 4,
  });
});

test('a client without the token is refused in the form that OpenAI clients parse', async () => {
  const asked = vi.fn();
  const to = await inFrontOf((_request, response) => {
    asked();
    response.end(completion);
  });
  for (const authorization of ['', 'Bearer ', `Bearer ${TOKEN}x`, TOKEN, `Bearer ${KEY}`]) {
    const reply = await post(to, '{}', { headers: { authorization } });
    expect(reply.status).toBe(401);
    expect(await reply.json()).toMatchObject({ error: { type: 'authentication_error' } });
  }
  expect(asked).not.toHaveBeenCalled();
  expect(to.usage().requests).toBe(0);
});

test('the provider key is in no reply, whatever the provider sends back', async () => {
  const echo: RequestListener = (request, response) => {
    const status = Number(request.headers['user-agent']);
    response.writeHead(status, `no ${KEY}`, {
      'content-type': status === 200 ? 'text/event-stream' : 'application/json',
      'x-request-id': `id-${KEY}`,
      'set-cookie': `key=${KEY}`,
      'x-echo': request.headers.authorization,
      location: `/elsewhere?key=${KEY}`,
    });
    response.write(`{"error":{"message":"Incorrect API key: ${KEY.slice(0, 9)}`);
    setImmediate(() => response.end(`${KEY.slice(9)} and ${KEY}"}}`));
  };
  const failures: LlmGatewayError[] = [];
  const to = await inFrontOf(echo, failures);
  for (const status of [200, 302, 400, 401, 403, 429, 500]) {
    const reply = await post(to, '{}', { headers: { 'user-agent': String(status) } });
    const everything = JSON.stringify([reply.status, ...reply.headers, await reply.text()]);
    expect(everything).not.toContain(KEY);
    if (status !== 302) expect(everything).toContain('[redacted]');
    for (const name of ['set-cookie', 'x-echo', 'location'])
      expect(reply.headers.get(name)).toBeNull();
  }
  expect(failures).toHaveLength(6);
  expect(failures.map(({ message, stack }) => `${message} ${stack}`).join()).not.toContain(KEY);
  expect(failures.map(({ code }) => code)).toEqual([
    'UPSTREAM_REDIRECTED',
    'UPSTREAM_FAILED',
    'KEY_REFUSED',
    'KEY_REFUSED',
    'UPSTREAM_FAILED',
    'UPSTREAM_FAILED',
  ]);
  expect(failures.map(({ permanent }) => permanent)).toEqual([
    true,
    true,
    true,
    true,
    false,
    false,
  ]);
});

test('a redirect is refused, so that the key never follows it', async () => {
  const elsewhere = vi.fn();
  const other = await provider((_request, response) => {
    elsewhere();
    response.end(completion);
  });
  const to = await inFrontOf((_request, response) => {
    response.writeHead(307, { location: `${other}chat/completions` }).end();
  });
  const reply = await post(to, '{}');
  expect(reply.status).toBe(502);
  expect(reply.headers.get('x-should-retry')).toBe('false');
  expect(await reply.json()).toMatchObject({ error: { type: 'upstream_error' } });
  expect(elsewhere).not.toHaveBeenCalled();
});

test('an unreachable provider is a 502 that may be tried again', async () => {
  const failures: LlmGatewayError[] = [];
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise((closed) => server.close(closed));

  const baseUrl = `http://127.0.0.1:${port}/v1`;
  const to = await gateway(providerUpstream({ baseUrl, apiKey: KEY }), failures);
  const reply = await post(to, '{}');
  expect(reply.status).toBe(502);
  expect(reply.headers.get('x-should-retry')).toBe('true');
  expect(await reply.text()).toContain('ECONNREFUSED');
  expect(failures).toMatchObject([{ code: 'UPSTREAM_UNREACHABLE', permanent: false }]);
  expect(to.usage()).toMatchObject({ requests: 1, failures: 1, failuresInARow: 1 });
});

test('a provider that breaks off is a failure, and a good reply ends the row of failures', async () => {
  let broken = true;
  const to = await inFrontOf((_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    if (!broken) return response.end(completion);
    response.write('{"choices": [');
    return setImmediate(() => response.destroy());
  });
  expect((await post(to, '{}')).status).toBe(502);
  expect((await post(to, '{}')).status).toBe(502);
  expect(to.usage()).toMatchObject({ failures: 2, failuresInARow: 2 });
  broken = false;
  expect((await post(to, '{}')).status).toBe(200);
  expect(to.usage()).toMatchObject({ requests: 3, failures: 2, failuresInARow: 0 });
});

test('a streamed reply arrives piece by piece', async () => {
  const [firstSeen, sawFirst] = latch();
  const to = await inFrontOf(async (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: 1\n\n');
    await firstSeen;
    response.end('data: [DONE]\n\n');
  });
  const reply = await post(to, '{"stream": true}');
  const pieces: string[] = [];
  for await (const piece of reply.body ?? []) {
    pieces.push(Buffer.from(piece).toString());
    sawFirst();
  }
  expect(pieces).toEqual(['data: 1\n\n', 'data: [DONE]\n\n']);
});

test('a client that goes away takes its request to the provider along', async () => {
  const [arrived, arrive] = latch();
  const [gone, go] = latch();
  const to = await inFrontOf((_request, response) => {
    response.once('close', go);
    arrive();
  });
  const abort = new AbortController();
  const reply = post(to, '{}', { signal: abort.signal });
  await arrived;
  abort.abort();
  await expect(reply).rejects.toThrow('aborted');
  await gone;
  await vi.waitFor(() =>
    expect(to.usage()).toMatchObject({ requests: 1, failures: 0, aborted: 1 }),
  );
});

test('a request beyond the size limit is refused and not forwarded', async () => {
  const asked = vi.fn();
  const to = await inFrontOf((_request, response) => {
    asked();
    response.end(completion);
  });
  const reply = await fetch(`${to.url}/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${TOKEN}` },
    // Without a length, so that the limit must be found while reading.
    body: ReadableStream.from(Array.from({ length: 17 }, () => new Uint8Array(1024 * 1024))),
    duplex: 'half',
  } as RequestInit);
  expect(reply.status).toBe(413);
  expect(asked).not.toHaveBeenCalled();
});

test('other paths are not served', async () => {
  const to = await inFrontOf((_request, response) => response.end(completion));
  const headers = { authorization: `Bearer ${TOKEN}` };
  for (const path of ['/', '/embeddings', '/chat/completions', '/models/../files']) {
    expect((await fetch(`${to.url}${path}`, { headers })).status).toBe(404);
  }
});

test('the list of models is forwarded', async () => {
  const to = await inFrontOf((request, response) => {
    response.setHeader('content-type', 'application/json').end(JSON.stringify(request.url));
  });
  const reply = await fetch(`${to.url}/models`, { headers: { authorization: `Bearer ${TOKEN}` } });
  expect(await reply.json()).toBe('/v1/models');
});

test('a fault of the upstream itself is reported with its cause and told to no client', async () => {
  const failures: LlmGatewayError[] = [];
  const fault = new TypeError('an inner detail');
  const broken = { complete: () => Promise.reject(fault), models: () => Promise.reject(fault) };
  const to = await gateway(broken, failures);
  const reply = await post(to, '{}');
  expect(reply.status).toBe(502);
  expect(await reply.text()).not.toContain('inner detail');
  expect(failures).toMatchObject([{ code: 'UPSTREAM_FAILED', cause: fault }]);
});

test('closing aborts what is running, frees the port, and can be repeated', async () => {
  const [arrived, arrive] = latch();
  const to = await inFrontOf(() => arrive());
  const reply = post(to, '{}');
  const settled = expect(reply).rejects.toThrow();
  await arrived;
  await to.close();
  await to.close();
  await settled;
  const again = await startGateway({
    token: TOKEN,
    upstream: providerUpstream({ baseUrl: 'https://api.openai.com/v1', apiKey: KEY }),
    port: Number(new URL(to.url).port),
  });
  cleanups.push(() => again.close());
  await expect(
    startGateway({
      token: TOKEN,
      upstream: providerUpstream({ baseUrl: 'https://api.openai.com/v1', apiKey: KEY }),
      port: Number(new URL(to.url).port),
    }),
  ).rejects.toMatchObject({ code: 'LISTEN_FAILED' });
});

test.each(['', 'sk-a\n', 'two words', 'schlüssel'])(
  'the key %j is refused before use',
  (apiKey) => {
    expect(() => providerUpstream({ baseUrl: 'https://api.openai.com/v1', apiKey })).toThrow(
      expect.objectContaining({ code: 'KEY_UNUSABLE', permanent: true }),
    );
  },
);

test.each(['api.openai.com/v1', 'ftp://host/v1', 'https://user@host/v1', 'https://host/v1?a=b'])(
  'the base URL %j is refused',
  (baseUrl) => {
    expect(() => providerUpstream({ baseUrl, apiKey: KEY })).toThrow(
      expect.objectContaining({ code: 'INVALID_CONFIG' }),
    );
  },
);

test('only Gemini gets requests without a seed', async () => {
  const fetched = vi.spyOn(globalThis, 'fetch').mockImplementation(async () => Response.json({}));
  cleanups.push(() => fetched.mockRestore());
  const body = Buffer.from('{"model":"m","seed":7,"messages":[{"seed":1}]}');
  const signal = new AbortController().signal;
  const sent = async (baseUrl: string) => {
    await providerUpstream({ baseUrl, apiKey: KEY }).complete(
      { body, headers: new Headers() },
      signal,
    );
    const [url, init] = fetched.mock.lastCall ?? [];
    return [String(url), Buffer.from(init?.body as Uint8Array | string).toString()];
  };
  expect(await sent('https://generativelanguage.googleapis.com/v1beta/openai/')).toEqual([
    'https://generativelanguage.googleapis.com/v1beta/openai/chat/completions',
    '{"model":"m","messages":[{"seed":1}]}',
  ]);
  expect(await sent('https://api.openai.com/v1')).toEqual([
    'https://api.openai.com/v1/chat/completions',
    body.toString(),
  ]);
});
