import { once } from 'node:events';
import { createServer } from 'node:http';
import { expect, test, vi } from 'vitest';
import { serveModels } from './model-server.ts';
import { jsonReply, type ModelUpstream } from './upstream.ts';

const TOKEN = 'run-token';

async function serve(upstream: Partial<ModelUpstream> = {}, port?: number) {
  const complete = vi.fn(upstream.complete ?? (async () => jsonReply(200, {})));
  const models = vi.fn(upstream.models ?? (async () => jsonReply(200, { data: [] })));
  const server = await serveModels({
    token: TOKEN,
    upstreams: { '/v1': { complete, models } },
    ...(port !== undefined && { port }),
  });
  return { server, complete, models, [Symbol.asyncDispose]: () => server.close() };
}

const headers = { authorization: `Bearer ${TOKEN}` };

test('a client without the token is refused in the form that OpenAI clients parse', async () => {
  await using to = await serve();
  for (const authorization of ['', 'Bearer ', `Bearer ${TOKEN}x`, TOKEN, 'Bearer other-tokn']) {
    const reply = await fetch(`${to.server.origin}/v1/chat/completions`, {
      method: 'POST',
      body: '{}',
      headers: { authorization },
    });
    expect(reply.status).toBe(401);
    expect(await reply.json()).toMatchObject({ error: { type: 'authentication_error' } });
  }
  expect(to.complete).not.toHaveBeenCalled();
});

test('a request beyond the size limit is refused and not forwarded', async () => {
  await using to = await serve();
  const reply = await fetch(`${to.server.origin}/v1/chat/completions`, {
    method: 'POST',
    headers,
    // Without a length, so that the limit must be found while reading.
    body: ReadableStream.from(Array.from({ length: 17 }, () => new Uint8Array(1024 * 1024))),
    duplex: 'half',
  } as RequestInit);
  expect(reply.status).toBe(413);
  expect(to.complete).not.toHaveBeenCalled();
});

test('other paths and methods are not served', async () => {
  await using to = await serve();
  const other = ['/', '/v1/embeddings', '/chat/completions', '/v1/models/../files', '/2/v1/models'];
  for (const path of other) {
    expect((await fetch(to.server.origin + path, { headers })).status).toBe(404);
  }
  expect((await fetch(`${to.server.origin}/v1/chat/completions`, { headers })).status).toBe(404);
  expect(to.models).not.toHaveBeenCalled();
});

test('of the headers of a client only the harmless ones go on', async () => {
  await using to = await serve();
  await fetch(`${to.server.origin}/v1/chat/completions`, {
    method: 'POST',
    body: '{}',
    headers: { ...headers, cookie: 'a=b', 'x-private': 'client', 'user-agent': 'me' },
  });
  const [request] = to.complete.mock.lastCall ?? [];
  expect(Object.keys(request?.headers ?? {}).sort()).toEqual([
    'accept',
    'content-type',
    'user-agent',
  ]);
});

test('a fault of an upstream is told to no client', async () => {
  await using to = await serve({
    complete: () => Promise.reject(new TypeError('an inner detail')),
  });
  const reply = await fetch(`${to.server.origin}/v1/chat/completions`, {
    method: 'POST',
    body: '{}',
    headers,
  });
  expect(reply.status).toBe(500);
  expect(await reply.text()).not.toContain('inner detail');
});

test('closing aborts what is running, frees the port, and can be repeated', async () => {
  let aborted = false;
  const { server, complete } = await serve({
    complete: (_request, signal) =>
      new Promise((_resolve, reject) =>
        signal.addEventListener('abort', () => {
          aborted = true;
          reject(signal.reason);
        }),
      ),
  });
  const reply = fetch(`${server.origin}/v1/chat/completions`, {
    method: 'POST',
    headers,
    body: '{}',
  });
  const settled = expect(reply).rejects.toThrow();
  await vi.waitFor(() => expect(complete).toHaveBeenCalled());
  await server.close();
  await server.close();
  await settled;
  await vi.waitFor(() => expect(aborted).toBe(true));
  const port = Number(new URL(server.origin).port);
  await using again = await serve({}, port);
  expect(again.server.origin).toBe(server.origin);
  await expect(serve({}, port)).rejects.toMatchObject({ code: 'LISTEN_FAILED' });
});

test('it listens on the loopback interface only', async () => {
  await using to = await serve();
  const port = Number(new URL(to.server.origin).port);
  const elsewhere = createServer().listen(port, '127.0.0.2');
  await once(elsewhere, 'listening');
  elsewhere.close();
});

test('requests that are still coming in count as memory too', async () => {
  await using to = await serve();
  const { promise: enough, resolve: send } = Promise.withResolvers<void>();
  const piece = new Uint8Array(1024 * 1024);
  const sendSlowly = (mebibytes: number) =>
    fetch(`${to.server.origin}/v1/chat/completions`, {
      method: 'POST',
      headers,
      body: ReadableStream.from(
        (async function* () {
          for (let sent = 0; sent < mebibytes; sent++) yield piece;
          await enough;
        })(),
      ),
      duplex: 'half',
    } as RequestInit);
  // None of them is whole, and together they are more than may be under way.
  const replies = Array.from({ length: 10 }, () => sendSlowly(15));
  const first = await Promise.race(replies);
  expect(first.status).toBe(503);
  send();
  const statuses = (await Promise.all(replies)).map(({ status }) => status);
  // Who is refused makes room for another.
  expect(statuses.filter((status) => status === 200).length).toBeGreaterThanOrEqual(8);
  // All of it is given back.
  expect((await sendSlowly(15)).status).toBe(200);
}, 30_000);

test('a client that reads slowly costs no listeners', async () => {
  const warnings: Error[] = [];
  const note = (warning: Error) => warnings.push(warning);
  process.on('warning', note);
  const piece = Buffer.alloc(256 * 1024, 'x');
  await using to = await serve({
    complete: async () => ({
      status: 200,
      headers: { 'content-type': 'text/event-stream' },
      body: (async function* () {
        for (let sent = 0; sent < 60; sent++) yield piece;
      })(),
    }),
  });
  const reply = await fetch(`${to.server.origin}/v1/chat/completions`, {
    method: 'POST',
    headers,
    body: '{}',
  });
  expect((await reply.bytes()).length).toBe(60 * piece.length);
  process.off('warning', note);
  expect(warnings).toEqual([]);
});
