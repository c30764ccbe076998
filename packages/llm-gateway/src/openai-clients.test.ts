import { execFile } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import OpenAI from 'openai';
import { expect, test } from 'vitest';
import { TOKEN, testGateway } from '../tests/gateway.ts';
import { completion, sends, startProvider } from '../tests/provider.ts';

const python = fileURLToPath(new URL('../../../.venv/bin/python', import.meta.url));
const script = fileURLToPath(new URL('../tests/openai_client.py', import.meta.url));

/** A provider that serves whole and streamed completions, and refuses the model `refused`. */
async function provider() {
  const bodies: Record<string, unknown>[] = [];
  const chunk = (fields: object) =>
    `data: ${JSON.stringify({ id: 'r', object: 'chat.completion.chunk', created: 0, model: 'm', ...fields })}\n\n`;
  const delta = (content: string) =>
    chunk({ choices: [{ index: 0, delta: { content }, finish_reason: null }] });
  const started = await startProvider(async (request, response) => {
    if (request.method === 'GET') {
      const model = { id: 'm', object: 'model', created: 0, owned_by: 'test' };
      return sends(200, JSON.stringify({ object: 'list', data: [model] }))(request, response);
    }
    const body = JSON.parse(await text(request)) as Record<string, unknown>;
    bodies.push(body);
    if (body.model === 'refused') {
      const error = { message: 'no', type: 'invalid_request_error', param: null, code: 'no_such' };
      return sends(400, JSON.stringify({ error }))(request, response);
    }
    if (!body.stream) return sends(200, completion())(request, response);
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    const usage = { prompt_tokens: 11, completion_tokens: 4, total_tokens: 15 };
    response.end(`${delta('hel')}${delta('lo')}${chunk({ choices: [], usage })}data: [DONE]\n\n`);
  });
  return { ...started, bodies };
}

const counted = { calls: 3, failures: 0, promptTokens: 22, completionTokens: 8, usd: null };
const sent = (bodies: Record<string, unknown>[]) => {
  expect(bodies[0]).toMatchObject({ seed: 7, unheard_of: { a: [1] } });
};

test("OpenAI's client for Node works through the gateway", async () => {
  await using model = await provider();
  await using to = await testGateway(model.url);
  const baseURL = `${to.gateway.origin}/v1`;
  const client = new OpenAI({ baseURL, apiKey: TOKEN, maxRetries: 0 });
  const messages = [{ role: 'user' as const, content: 'hello' }];
  const whole = await client.chat.completions.create({
    model: 'm',
    messages,
    seed: 7,
    ...{ unheard_of: { a: [1] } },
  });
  expect(whole.choices[0]?.message.content).toBe('hello');
  expect(whole.usage?.total_tokens).toBe(15);
  let streamed = '';
  for await (const piece of await client.chat.completions.create({
    model: 'm',
    messages,
    stream: true,
  })) {
    streamed += piece.choices[0]?.delta.content ?? '';
  }
  expect(streamed).toBe('hello');
  expect((await client.models.list()).data.map(({ id }) => id)).toEqual(['m']);
  await expect(
    client.chat.completions.create({ model: 'refused', messages }),
  ).rejects.toMatchObject({ status: 400, code: 'no_such' });
  const stranger = new OpenAI({ baseURL, apiKey: 'wrong', maxRetries: 0 });
  await expect(stranger.models.list()).rejects.toBeInstanceOf(OpenAI.AuthenticationError);
  sent(model.bodies);
  expect(to.gateway.spending.snapshot().models).toMatchObject({
    m: { ...counted, calls: 2 },
    refused: { calls: 1, failures: 1 },
  });
});

test("OpenAI's client for Python works through the gateway", async () => {
  await using model = await provider();
  await using to = await testGateway(model.url);
  const { stdout } = await promisify(execFile)(python, ['-B', script], {
    env: { OPENAI_BASE_URL: `${to.gateway.origin}/v1`, OPENAI_API_KEY: TOKEN },
  });
  expect(JSON.parse(stdout)).toEqual({
    content: 'hello',
    usage: 15,
    streamed: 'hello',
    models: ['m'],
    refused: 'no_such',
    unauthorized: true,
  });
  sent(model.bodies);
}, 30_000);

test("a client's own retries are told to stop when the job ends", async () => {
  let asked = 0;
  await using model = await startProvider((request, response) => {
    asked += 1;
    sends(401, '{}')(request, response);
  });
  await using to = await testGateway(model.url);
  const client = new OpenAI({ baseURL: `${to.gateway.origin}/v1`, apiKey: TOKEN, maxRetries: 5 });
  const call = client.chat.completions.create({ model: 'm', messages: [] });
  await expect(call).rejects.toMatchObject({ status: 503, code: 'job_ending' });
  expect(asked).toBe(2);
});
