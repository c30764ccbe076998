import type { ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { expect, test, vi } from 'vitest';
import { KEY, TOKEN, testGateway } from '../tests/gateway.ts';
import { completion, sends, startProvider } from '../tests/provider.ts';
import { offlineModel } from './offline/offline-model.ts';

/** A listener that answers its n-th request with the n-th of these, and the last for ever. */
function inTurn(...listeners: Parameters<typeof startProvider>[0][]): {
  listener: Parameters<typeof startProvider>[0];
  asked: () => number;
} {
  let asked = 0;
  return {
    listener: (request, response) => {
      const listener = listeners[Math.min(asked, listeners.length - 1)];
      asked += 1;
      listener?.(request, response);
    },
    asked: () => asked,
  };
}

const good = sends(200, completion());
const refusal = JSON.stringify({ error: { message: `no ${KEY}` } });

test('a good call passes and is counted', async () => {
  await using provider = await startProvider(good);
  await using to = await testGateway(provider.url);
  expect(await (await to.post({})).text()).toBe(completion());
  expect(to.gateway.spending.snapshot().models).toEqual({
    m: { calls: 1, failures: 0, promptTokens: 11, completionTokens: 4, usd: null },
  });
  expect(to.gateway.status()).toMatchObject({ calls: 1, failures: 0, tokens: 15, down: [] });
  expect(to.gateway.status().latencyMs?.p50).toBeGreaterThanOrEqual(0);
});

test.each<[string, Parameters<typeof startProvider>[0]]>([
  ['429 with Retry-After', sends(429, '{}', { 'retry-after': '0' })],
  ['429 with an HTTP date', sends(429, '{}', { 'retry-after': new Date().toUTCString() })],
  ['503', sends(503, '{}')],
  ['500', sends(500, '{}')],
  ['408', sends(408, '{}')],
  ['a broken connection', (request) => request.socket.destroy()],
  ['a reply that is cut off', sends(200, completion().slice(0, -9))],
  ['an empty reply', sends(200, completion(''))],
  ['a reply that turns out to be an error', sends(200, '{"error": {"code": 502}}')],
  ['a key that is refused once', sends(401, refusal)],
])('a client sees nothing of %s', async (_what, bad) => {
  const { listener, asked } = inTurn(bad, good);
  await using provider = await startProvider(listener);
  await using to = await testGateway(provider.url);
  const reply = await to.post({});
  expect([reply.status, await reply.text()]).toEqual([200, completion()]);
  expect(asked()).toBe(2);
  expect(to.gateway.spending.snapshot().models.m).toMatchObject({ calls: 2, failures: 1 });
  expect(to.ends).toEqual([]);
});

test('an error in a reply is no reply, however often it comes', async () => {
  const busy = sends(200, '{"error": {"message": "busy", "code": 429}}', { 'retry-after': '0' });
  const { listener, asked } = inTurn(busy, busy, busy, good);
  await using provider = await startProvider(listener);
  await using to = await testGateway(provider.url);
  expect(await (await to.post({})).text()).toBe(completion());
  expect(asked()).toBe(4);
});

test('a reply that is empty twice goes to the client as it is', async () => {
  const { listener, asked } = inTurn(sends(200, completion('')));
  await using provider = await startProvider(listener);
  await using to = await testGateway(provider.url);
  expect(await (await to.post({})).text()).toBe(completion(''));
  expect(asked()).toBe(2);
  // It is paid for all the same.
  expect(to.gateway.spending.snapshot().models.m).toMatchObject({ promptTokens: 22, failures: 2 });
});

test('what may have been charged without a count is charged at its most', async () => {
  const { listener } = inTurn((request) => request.socket.destroy(), good);
  await using provider = await startProvider(listener);
  const prices = { m: { prompt: 1, completion: 1_000 } };
  await using to = await testGateway(provider.url, { prices });
  await to.post({ max_tokens: 1_000 });
  expect(to.gateway.spending.snapshot().estimated.usd).toBeCloseTo(1, 3);
});

test.each([
  ['401', 401, refusal],
  ['403', 403, refusal],
  [
    'the 400 of Gemini',
    400,
    '[{"error": {"message": "API key not valid. Please pass a valid API key."}}]',
  ],
])(
  'a key that is refused with %s is asked about once more, and then the job ends',
  async (_what, status, body) => {
    const { listener, asked } = inTurn(sends(status, body));
    await using provider = await startProvider(listener);
    await using to = await testGateway(provider.url);
    const reply = await to.post({});
    expect(reply.status).toBe(503);
    expect(reply.headers.get('x-should-retry')).toBe('false');
    expect(await reply.json()).toMatchObject({ error: { code: 'job_ending' } });
    expect(asked()).toBe(2);
    expect(to.ends).toEqual([
      { code: 'KEY_REFUSED', message: expect.stringContaining(`${provider.host} is refused`) },
    ]);
    expect(JSON.stringify([to.ends, to.failures.map(String)])).not.toContain(KEY);
    // Nothing is asked any more.
    expect((await to.post({})).status).toBe(503);
    expect(asked()).toBe(2);
  },
);

test('a model that the provider does not know ends the job, unless it has answered before', async () => {
  const unknown = inTurn(sends(404, '{"error": {"message": "no such model"}}'));
  await using provider = await startProvider(unknown.listener);
  await using to = await testGateway(provider.url);
  await to.post({});
  expect(unknown.asked()).toBe(2);
  expect(to.ends).toMatchObject([{ code: 'MODEL_UNKNOWN' }]);

  const later = inTurn(good, sends(404, '{}'));
  await using other = await startProvider(later.listener);
  await using toOther = await testGateway(other.url);
  await toOther.post({});
  expect((await toOther.post({})).status).toBe(404);
  expect(toOther.ends).toEqual([]);
});

test('an address that only redirects ends the job, and the key never follows', async () => {
  let followed = 0;
  await using other = await startProvider(() => {
    followed += 1;
  });
  await using provider = await startProvider(sends(308, '', { location: other.url }));
  await using to = await testGateway(provider.url);
  await to.post({});
  expect(to.ends).toMatchObject([
    { code: 'MODEL_UNKNOWN', message: expect.stringContaining('redirect') },
  ]);
  expect(followed).toBe(0);
});

test("any other complaint is the client's, once", async () => {
  const { listener, asked } = inTurn(sends(400, '{"error": {"message": "too long"}}'));
  await using provider = await startProvider(listener);
  await using to = await testGateway(provider.url);
  const reply = await to.post({});
  expect([reply.status, await reply.text()]).toEqual([400, '{"error": {"message": "too long"}}']);
  expect(reply.headers.get('x-should-retry')).toBe('false');
  expect(asked()).toBe(1);
});

test('a model of the config of which no request is accepted ends the job, but not one that has served', async () => {
  const complaint = sends(400, '{"error": {"message": "max_tokens is too large"}}');
  await using provider = await startProvider(complaint);
  await using to = await testGateway(provider.url);
  for (let call = 0; call < 9; call++) await to.post({ model: 'of-the-evaluator' });
  for (let call = 0; call < 4; call++) expect((await to.post({})).status).toBe(400);
  expect(to.ends).toEqual([]);
  await to.post({});
  expect(to.ends).toMatchObject([
    { code: 'REQUESTS_REFUSED', message: expect.stringContaining('max_tokens is too large') },
  ]);
  expect((await to.post({})).status).toBe(503);

  const later = inTurn(good, complaint);
  await using other = await startProvider(later.listener);
  await using toOther = await testGateway(other.url);
  for (let call = 0; call < 9; call++) await toOther.post({});
  expect(toOther.ends).toEqual([]);
});

test('a call that alone fails while others succeed is given up after its retries', async () => {
  await using provider = await startProvider(async (request, response) => {
    const { poison } = JSON.parse(await text(request)) as { poison?: boolean };
    (poison ? sends(500, '{}') : good)(request, response);
  });
  const llm = { api_base: provider.url, api_key: KEY, primary_model: 'm', retries: 1 };
  await using to = await testGateway(llm);
  let over = false;
  const poisoned = to.post({ poison: true }).finally(() => {
    over = true;
  });
  while (!over) {
    expect((await to.post({})).status).toBe(200);
    await new Promise((tick) => setTimeout(tick, 20));
  }
  expect((await poisoned).status).toBe(502);
  expect(to.ends).toEqual([]);
}, 20_000);

test('an outage holds every call, wastes none, and is over with the first good reply', async () => {
  let down = true;
  let asked = 0;
  await using provider = await startProvider((request, response) => {
    asked += 1;
    (down ? sends(503, '{}') : good)(request, response);
  });
  await using to = await testGateway(provider.url);
  const calls = Array.from({ length: 8 }, () => to.post({}));
  await vi.waitFor(() => expect(to.gateway.status()).toMatchObject({ down: [provider.host] }), {
    timeout: 5_000,
  });
  await vi.waitFor(() => expect(to.gateway.status().held).toBeGreaterThanOrEqual(7));
  const whileOpen = asked;
  await new Promise((tick) => setTimeout(tick, 1_000));
  // One at a time, and ever more seldom.
  expect(asked - whileOpen).toBeLessThanOrEqual(2);
  down = false;
  for (const reply of await Promise.all(calls)) expect(reply.status).toBe(200);
  expect(to.gateway.status()).toMatchObject({ held: 0, down: [] });
}, 30_000);

test('an outage that lasts ends the job with its reason, and the calls that are held', async () => {
  await using provider = await startProvider(sends(503, '{"error": "no credit"}'));
  await using to = await testGateway(provider.url, { outageLimitMs: 1_500 });
  const began = performance.now();
  const replies = await Promise.all(Array.from({ length: 6 }, () => to.post({})));
  for (const reply of replies) {
    expect(await reply.json()).toMatchObject({ error: { code: 'job_ending' } });
  }
  expect(performance.now() - began).toBeGreaterThan(1_500);
  expect(to.ends).toMatchObject([
    { code: 'PROVIDER_DOWN', message: expect.stringMatching(/503.*no credit/) },
  ]);
}, 20_000);

test('a drain ends the calls that are held, and lets the one under way come back', async () => {
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  const { promise: arrived, resolve: arrive } = Promise.withResolvers<void>();
  await using provider = await startProvider(async (request, response) => {
    arrive();
    await released;
    good(request, response);
  });
  await using to = await testGateway(provider.url);
  const underWay = to.post({});
  await arrived;
  to.gateway.drain();
  expect((await to.post({})).status).toBe(503);
  release();
  expect((await underWay).status).toBe(200);
});

test('several providers each get their own key, and are counted apart', async () => {
  const seen: string[] = [];
  const keeping = (name: string) =>
    startProvider((request, response) => {
      seen.push(`${name} ${request.headers.authorization}`);
      good(request, response);
    });
  await using one = await keeping('one');
  await using two = await keeping('two');
  await using to = await testGateway({
    models: [
      { name: 'm', api_base: one.url, api_key: 'key-of-one' },
      { name: 'm', api_base: two.url, api_key: 'key-of-two' },
    ],
  });
  const call = (path: string) =>
    fetch(`${to.gateway.origin}${path}/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${TOKEN}` },
      body: '{"model": "m", "messages": []}',
    });
  for (const path of ['/v1', '/2/v1', '/2/v1']) expect((await call(path)).status).toBe(200);
  expect(seen).toEqual(['one Bearer key-of-one', 'two Bearer key-of-two', 'two Bearer key-of-two']);
  expect(to.gateway.spending.snapshot().models).toMatchObject({
    [`${one.host}/m`]: { calls: 1 },
    [`${two.host}/m`]: { calls: 2 },
  });
});

test('a cap in dollars needs a price for every model of the config', async () => {
  const llm = { api_base: 'http://127.0.0.1:9/v1', api_key: KEY, primary_model: 'unheard-of' };
  const cap = { usd: 1, tokens: null };
  await expect(testGateway(llm, { cap })).rejects.toMatchObject({ code: 'PRICE_UNKNOWN' });
  await using to = await testGateway(llm, {
    cap,
    prices: { 'unheard-of': { prompt: 1, completion: 1 } },
  });
  expect(to.gateway.spending.cap).toEqual(cap);
});

test('a cap in dollars that comes later ends the job where a price is not known', async () => {
  const llm = { api_base: 'http://127.0.0.1:9/v1', api_key: KEY, primary_model: 'unheard-of' };
  await using to = await testGateway(llm);
  to.gateway.setCap({ usd: null, tokens: 100 });
  expect(to.ends).toEqual([]);
  to.gateway.setCap({ usd: 1, tokens: null });
  expect(to.ends).toMatchObject([{ code: 'PRICE_UNKNOWN' }]);
});

test('a cap ends the job when no call more fits, and every call that was made is under it', async () => {
  let asked = 0;
  await using provider = await startProvider((request, response) => {
    asked += 1;
    good(request, response);
  });
  // Each call takes 4 cents, and is thought to take up to 5.
  const prices = { m: { prompt: 0, completion: 10_000 } };
  await using to = await testGateway(provider.url, { cap: { usd: 1, tokens: null }, prices });
  const body = { max_tokens: 5 };
  let replies: Response[];
  do replies = await Promise.all([1, 2, 3].map(() => to.post(body)));
  while (replies.every(({ status }) => status === 200));
  expect(asked).toBe(24);
  expect(to.gateway.spending.snapshot().models.m?.usd).toBeCloseTo(0.96, 9);
  expect(to.ends).toMatchObject([{ code: 'CAP_REACHED' }]);
  expect(to.records.length).toBeGreaterThan(0);
});

test('a stream arrives piece by piece, and is counted at its end', async () => {
  const { promise: firstSeen, resolve: sawFirst } = Promise.withResolvers<void>();
  let sent = '';
  await using provider = await startProvider(async (request, response) => {
    sent = await text(request);
    response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: {}\n\n');
    await firstSeen;
    response.write('data: {"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":2}}\n\n');
    response.end('data: [DONE]\n\n');
  });
  await using to = await testGateway(provider.url);
  const reply = await to.post({ stream: true });
  const pieces: string[] = [];
  for await (const piece of reply.body ?? []) {
    pieces.push(Buffer.from(piece).toString());
    sawFirst();
  }
  expect(pieces[0]).toBe('data: {}\n\n');
  expect(pieces.join('')).toContain('[DONE]');
  expect(JSON.parse(sent)).toMatchObject({ stream_options: { include_usage: true } });
  expect(to.gateway.spending.snapshot().models.m).toMatchObject({
    calls: 1,
    failures: 0,
    promptTokens: 3,
    completionTokens: 2,
  });
});

test('a client that goes away takes its request to the provider along, and it counts', async () => {
  const abort = new AbortController();
  let closed = false;
  await using provider = await startProvider((_request, response) => {
    response.once('close', () => {
      closed = true;
    });
    abort.abort();
  });
  await using to = await testGateway(provider.url);
  await expect(to.post({ max_tokens: 100 }, { signal: abort.signal })).rejects.toThrow('abort');
  await vi.waitFor(() => expect(closed).toBe(true));
  await vi.waitFor(() =>
    expect(to.gateway.spending.snapshot()).toMatchObject({
      models: { m: { calls: 1, failures: 1 } },
    }),
  );
  expect(to.gateway.spending.snapshot().estimated.tokens).toBeGreaterThan(100);
});

test('the offline model is one provider more: counted, and free', async () => {
  await using to = await testGateway(
    { primary_model: 'any', api_key: KEY },
    { offline: offlineModel({ seed: 1, latencyMs: 0 }), cap: { usd: 1, tokens: null } },
  );
  const messages = [{ role: 'user', content: 'hello' }];
  expect((await to.post({ messages })).status).toBe(200);
  expect(to.gateway.spending.snapshot().models.m).toMatchObject({ calls: 1, usd: 0 });
});

test('the list of models is forwarded', async () => {
  await using provider = await startProvider((request, response) => {
    response.setHeader('content-type', 'application/json').end(JSON.stringify(request.url));
  });
  await using to = await testGateway(provider.url);
  const headers = { authorization: `Bearer ${TOKEN}` };
  const reply = await fetch(`${to.gateway.origin}/v1/models`, { headers });
  expect(await reply.json()).toBe('/v1/models');
});

test.each<[string, Parameters<typeof startProvider>[0]]>([
  ['a gateway time-out', sends(504, '{}')],
  ['a reply larger than any completion', floods],
])('%s may have been charged, so it is charged at its most', async (_what, bad) => {
  const { listener } = inTurn(bad, good);
  await using provider = await startProvider(listener);
  await using to = await testGateway(provider.url);
  await to.post({ max_tokens: 1_000 });
  const { estimated } = to.gateway.spending.snapshot();
  expect(estimated.tokens).toBeGreaterThan(1_000);
});

/** Answers with more than 32 MiB. */
function floods(_request: unknown, response: ServerResponse): void {
  const piece = Buffer.alloc(1024 * 1024, 'x');
  const more = () => {
    while (response.writable && response.write(piece));
  };
  response.on('drain', more);
  more();
}

test("Gemini's own way to say how long to wait is understood", async () => {
  const busy = {
    error: {
      code: 429,
      details: [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '1.5s' }],
    },
  };
  const { listener } = inTurn(sends(429, JSON.stringify([busy], null, 2)), good);
  await using provider = await startProvider(listener);
  await using to = await testGateway(provider.url);
  const began = performance.now();
  expect((await to.post({})).status).toBe(200);
  expect(performance.now() - began).toBeGreaterThanOrEqual(1_490);
});

test('of two models the one that is not known ends the job, although the other is served', async () => {
  await using provider = await startProvider(async (request, response) => {
    const { model } = JSON.parse(await text(request)) as { model: string };
    (model === 'm' ? good : sends(404, '{}'))(request, response);
  });
  const models = [{ name: 'm' }, { name: 'mistyped' }];
  await using to = await testGateway({ api_base: provider.url, api_key: KEY, models });
  expect((await to.post({})).status).toBe(200);
  expect((await to.post({ model: 'mistyped' })).status).toBe(503);
  expect(to.ends).toMatchObject([
    { code: 'MODEL_UNKNOWN', message: expect.stringContaining('mistyped') },
  ]);
});

test('a model that only an evaluator asks for ends no job', async () => {
  const { listener, asked } = inTurn(sends(404, '{}'), good);
  await using provider = await startProvider(listener);
  await using to = await testGateway(provider.url);
  expect((await to.post({ model: 'of-the-evaluator' })).status).toBe(404);
  expect(asked()).toBe(1);
  expect((await to.post({})).status).toBe(200);
  expect(to.ends).toEqual([]);
});

test('a prompt that is forbidden while the key serves other calls ends no job', async () => {
  await using provider = await startProvider(async (request, response) => {
    const { flagged } = JSON.parse(await text(request)) as { flagged?: boolean };
    (flagged ? sends(403, '{"error": {"message": "flagged"}}') : good)(request, response);
  });
  await using to = await testGateway(provider.url);
  const flagged = to.post({ flagged: true });
  await vi.waitFor(() => expect(to.failures).toHaveLength(1));
  expect((await to.post({})).status).toBe(200);
  const reply = await flagged;
  expect([reply.status, await reply.text()]).toEqual([403, '{"error": {"message": "flagged"}}']);
  expect(to.ends).toEqual([]);
});

test.each([
  { max_tokens: 9e15, n: 9e15 },
  { max_tokens: 2 ** 53 - 1 },
  { max_completion_tokens: 1e12 },
])('a request for more than any model gives is refused: %j', async (limits) => {
  const { listener, asked } = inTurn(good);
  await using provider = await startProvider(listener);
  await using to = await testGateway(provider.url);
  expect((await to.post(limits)).status).toBe(400);
  expect(asked()).toBe(0);
});

test('a stream that is cut is told, and charged at its most', async () => {
  await using provider = await startProvider((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: {}\n\n');
    setTimeout(() => response.destroy(), 20);
  });
  await using to = await testGateway(provider.url);
  const reply = await to.post({ stream: true, max_tokens: 1_000 });
  await expect(reply.text()).rejects.toThrow();
  await vi.waitFor(() => expect(to.failures).toMatchObject([{ code: 'UPSTREAM_BROKE_OFF' }]));
  expect(to.gateway.spending.snapshot().estimated.tokens).toBeGreaterThan(1_000);
  expect(to.gateway.spending.snapshot().reserved.tokens).toBe(0);
});

test('a client that leaves a stream half way leaves nothing behind', async () => {
  const { promise: closed, resolve: close } = Promise.withResolvers<void>();
  await using provider = await startProvider((_request, response) => {
    response.once('close', close);
    response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: {}\n\n');
  });
  await using to = await testGateway(provider.url);
  const abort = new AbortController();
  const reply = await to.post({ stream: true }, { signal: abort.signal });
  await reply.body?.getReader().read();
  abort.abort();
  await closed;
  await vi.waitFor(() => expect(to.gateway.spending.snapshot().reserved.tokens).toBe(0));
  expect(to.gateway.spending.snapshot().models.m).toMatchObject({ calls: 1, failures: 1 });
});
