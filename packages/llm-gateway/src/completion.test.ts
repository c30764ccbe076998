import { expect, test } from 'vitest';
import { completion } from '../tests/provider.ts';
import { readCompletionReply, readCompletionRequest, watchStream } from './completion.ts';

const request = (fields: object) =>
  readCompletionRequest(Buffer.from(JSON.stringify({ model: 'm', messages: [], ...fields })));

test('a request is never thought to cost less than its limit allows', () => {
  expect(request({})?.atMost.completion).toBe(4096);
  expect(request({ max_tokens: 10 })?.atMost.completion).toBe(10);
  expect(request({ max_tokens: 10, max_completion_tokens: 20 })?.atMost.completion).toBe(20);
  expect(request({ max_tokens: 10, n: 3 })?.atMost.completion).toBe(30);
  const prompt = 'word '.repeat(1000);
  expect(request({ messages: [{ content: prompt }] })?.atMost.prompt).toBeGreaterThan(1250);
});

test('its bytes go on as they came, but a stream is asked to tell its usage', () => {
  const body = Buffer.from('{"model":"m",  "future": {"field": [1e400]}}');
  expect(readCompletionRequest(body)?.body).toBe(body);
  const sent = request({ stream: true, future: 1, stream_options: { other: 2 } })?.body;
  expect(JSON.parse(String(sent))).toEqual({
    model: 'm',
    messages: [],
    stream: true,
    future: 1,
    stream_options: { other: 2, include_usage: true },
  });
});

test.each([
  '',
  '[]',
  '{"messages": []}',
  '{"model": 5}',
  '{"model": ""}',
  '{"model": "__proto__"}',
])('%j is no completion request', (body) => {
  expect(readCompletionRequest(Buffer.from(body))).toBeNull();
});

test('what a model thinks is charged as completion, also where only the total says it', () => {
  const body = JSON.parse(completion());
  body.usage = { prompt_tokens: 10, completion_tokens: 5, total_tokens: 40 };
  expect(readCompletionReply(Buffer.from(JSON.stringify(body)))?.usage).toEqual({
    prompt: 10,
    completion: 30,
  });
});

test.each([
  [completion(), false],
  [completion(''), true],
  [completion(null), true],
  ['{"choices": []}', true],
  ['{"choices": [{"message": {"content": null, "tool_calls": [{}]}}]}', false],
  ['{"error": {"message": "overloaded"}}', true],
])('of the reply %s it is known whether it is empty', (body, empty) => {
  expect(readCompletionReply(Buffer.from(body))?.empty).toBe(empty);
});

test('a reply that is cut off is no reply', () => {
  expect(readCompletionReply(Buffer.from(completion().slice(0, -5)))).toBeNull();
});

test('the usage of a stream is found wherever its pieces are split', () => {
  const stream =
    'data: {"choices":[{"delta":{"content":"the \\"usage\\" of ü"}}],"usage":null}\n\n' +
    'data: {"choices":[],"usage":{"prompt_tokens":7,"completion_tokens":2,"total_tokens":9}}\n\n' +
    'data: [DONE]\n\n';
  for (let size = 1; size < 40; size++) {
    const watch = watchStream();
    const bytes = Buffer.from(stream);
    for (let at = 0; at < bytes.length; at += size) watch.see(bytes.subarray(at, at + size));
    expect(watch.usage()).toEqual({ prompt: 7, completion: 2 });
  }
  expect(watchStream().usage()).toBeNull();
});

test.each([
  { prompt_tokens: -1, completion_tokens: 5 },
  { prompt_tokens: 5, completion_tokens: -1 },
  { prompt_tokens: 5, completion_tokens: 1e300 },
  { prompt_tokens: 5, completion_tokens: 9e15 },
  { prompt_tokens: 5, completion_tokens: 5, total_tokens: 9e15 },
  { prompt_tokens: 1.5, completion_tokens: 5 },
  { prompt_tokens: '5', completion_tokens: 5 },
  { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 },
  { prompt_tokens: 5 },
])('%j is no count', (usage) => {
  const body = JSON.stringify({ ...JSON.parse(completion()), usage });
  expect(readCompletionReply(Buffer.from(body))).toMatchObject({ usage: null, empty: false });
});

test.each([
  ['{"error": {"message": "busy", "code": 429}, "choices": []}', 429],
  ['{"error": {"message": "broken", "code": "server_error"}}', 500],
  ['{"error": "broken"}', 500],
  ['{"error": null, "choices": []}', null],
  [`{"error": {"code": 429}, ${completion().slice(1)}`, null],
])('the error in %s stands for the status %j', (body, status) => {
  expect(readCompletionReply(Buffer.from(body))?.errorStatus).toBe(status);
});
