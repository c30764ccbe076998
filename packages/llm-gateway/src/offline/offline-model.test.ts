import fc from 'fast-check';
import { expect, test } from 'vitest';
import { z } from 'zod';
import {
  applyDiffReply,
  type PromptParts,
  parseRewriteReply,
  userPrompt,
} from '../../tests/openevolve.ts';
import { OFFLINE_MODEL, OFFLINE_NOTICE, offlineModel } from './offline-model.ts';

const completionSchema = z.looseObject({
  choices: z.tuple([z.looseObject({ message: z.looseObject({ content: z.string() }) })]),
  usage: z.looseObject({}),
});

const program = `import math

# EVOLVE-BLOCK-START
def f(x):
    """Returns 7."""
    a = 0.5  # not 3
    b = 2
    return a * x + b
# EVOLVE-BLOCK-END

LIMIT = 10`;

function body(prompt: PromptParts, extra: object = {}) {
  const messages = [
    { role: 'system', content: 'You are an expert.' },
    { role: 'user', content: userPrompt(prompt) },
  ];
  return Buffer.from(JSON.stringify({ model: 'any', messages, ...extra }));
}

async function ask(model: ReturnType<typeof offlineModel>, prompt: PromptParts): Promise<string> {
  const request = { body: body(prompt), headers: {} };
  const reply = await model.complete(request, new AbortController().signal);
  expect(reply.status).toBe(200);
  return completionSchema.parse(JSON.parse(String(reply.body))).choices[0].message.content;
}

async function askAll(seed: number, prompts: PromptParts[]): Promise<string[]> {
  const model = offlineModel({ seed, latencyMs: 0 });
  const replies: string[] = [];
  for (const prompt of prompts) replies.push(await ask(model, prompt));
  return replies;
}

test('equal prompts get different proposals, in the same sequence for the same seed', async () => {
  const prompts = Array.from({ length: 20 }, () => ({ program }));
  const first = await askAll(1, prompts);
  expect(await askAll(1, prompts)).toEqual(first);
  expect(await askAll(2, prompts)).not.toEqual(first);
  expect(new Set(first).size).toBeGreaterThan(10);
});

test('a reply does not depend on what other prompts were answered in between', async () => {
  const other = { program: 'y = 3' };
  const [, , third] = await askAll(1, [{ program }, other, { program }]);
  const [, second] = await askAll(1, [{ program }, { program }, other]);
  expect(third).toBe(second);
});

test('every reply says that it is not from an LLM', async () => {
  for (const prompt of [{ program }, { program, form: 'rewrite' as const }, { program: '# 1' }]) {
    const [reply] = await askAll(1, [prompt]);
    expect(reply?.split('\n')[0]).toBe(OFFLINE_NOTICE);
  }
});

test('comments, docstrings, imports and all outside the EVOLVE-BLOCK stay as they are', async () => {
  const replies = await askAll(
    3,
    Array.from({ length: 300 }, () => ({ program })),
  );
  const changed = new Set<number>();
  for (const reply of replies) {
    const lines = applyDiffReply(program, reply).split('\n');
    program.split('\n').forEach((line, index) => {
      if (lines[index] !== line) changed.add(index);
    });
    expect(lines[5]).toContain('# not 3');
  }
  expect([...changed].sort()).toEqual([5, 6, 7]);
});

test('numbers of better programs in the prompt are taken over, also together', async () => {
  const better = program.replace('a = 0.5', 'a = 0.7317').replace('b = 2', 'b = 19');
  const prompts = Array.from({ length: 100 }, () => ({ program, others: [better] }));
  const replies = (await askAll(4, prompts)).map((reply) => applyDiffReply(program, reply));
  expect(replies.filter((reply) => reply.includes('0.7317')).length).toBeGreaterThan(10);
  expect(replies.filter((reply) => reply.includes('b = 19')).length).toBeGreaterThan(10);
  // Something of its own each time: the better program itself is known already.
  expect(replies).not.toContain(better);
});

test('a number that is taken over and changed does not end up as it was', async () => {
  const prompts = Array.from({ length: 100 }, () => ({ program: 'x = 2', others: ['x = 3'] }));
  for (const reply of await askAll(1, prompts)) {
    expect(applyDiffReply('x = 2', reply)).not.toBe('x = 2');
  }
});

const name = fc.constantFrom('x', 'total', 'rate', 'items[0]', 'self.k', 'x2');
const number = fc.oneof(
  fc.integer({ min: -50, max: 1000 }).map(String),
  fc.double({ min: -5, max: 5, noNaN: true }).map((value) => value.toFixed(2)),
  fc.constantFrom('1e-3', '.5', '1_000', '-0.0'),
);
const line = fc.oneof(
  fc.tuple(name, number).map(([left, right]) => `    ${left} = ${right}`),
  fc.tuple(name, name, number).map(([a, b, c]) => `    ${a} = ${b} * ${c} + ${a}`),
  fc.tuple(name, number).map(([a, b]) => `    if ${a} <= ${b} and ${a} > 0:`),
  fc.tuple(name, number).map(([a, b]) => `        ${a} += max(${a}, ${b})  # was 1`),
  fc.tuple(name).map(([a]) => `    return ${a} - rate`),
  fc.constantFrom('', '    """doc 1"""', '    # 2 * 3', '    pass', '    s = "4 + 5"  '),
);
const programs = fc
  .tuple(fc.array(line, { minLength: 1, maxLength: 12 }), fc.boolean())
  .map(([lines, marked]) =>
    (marked
      ? ['def f():', '# EVOLVE-BLOCK-START', ...lines, '# EVOLVE-BLOCK-END', 'K = 9']
      : ['def f():', ...lines, '    z = 0']
    ).join('\n'),
  );

test('a diff always applies and never gives the same program again', async () => {
  await fc.assert(
    fc.asyncProperty(
      programs,
      fc.array(programs, { maxLength: 2 }),
      fc.nat(),
      async (code, others, seed) => {
        const [reply] = await askAll(seed, [{ program: code, others }]);
        if (reply?.includes('no number, operator or expression')) {
          // Only true of a marked region that holds no code with anything in it.
          expect(code).toContain('EVOLVE-BLOCK');
          return;
        }
        const changed = applyDiffReply(code, reply ?? '');
        expect(changed).not.toBe(code);
        expect(changed.replace(/\s+/g, '')).not.toBe(code.replace(/\s+/g, ''));
        expect(changed.split('\n')).toHaveLength(code.split('\n').length);
      },
    ),
    { numRuns: 150 },
  );
});

test('a rewrite is a whole other program in one fence', async () => {
  await fc.assert(
    fc.asyncProperty(programs, fc.nat(), async (code, seed) => {
      const [reply] = await askAll(seed, [{ program: code, form: 'rewrite' }]);
      if (reply?.includes('no number, operator or expression')) return;
      const changed = parseRewriteReply(reply ?? '');
      expect(changed).not.toBe(code.trim());
      expect(changed.split('\n')).toHaveLength(code.trim().split('\n').length);
    }),
    { numRuns: 150 },
  );
});

test.each([
  ['cpp', 'int main() {\n  double step = 0.5; // 1\n  return 0;\n}'],
  ['rust', "fn f<'a>(x: &'a f64) -> f64 {\n    x * 0.5_f64 + 2.0\n}"],
  ['r', 'f <- function(x) {\n  x * 0.5 + 2L # 1\n}'],
])('%s programs are changed too', async (language, code) => {
  const replies = await askAll(
    5,
    Array.from({ length: 20 }, () => ({ program: code, language })),
  );
  for (const reply of replies) expect(applyDiffReply(code, reply)).not.toBe(code);
});

test('a program with nothing to change gets no proposal rather than the same one', async () => {
  const [reply] = await askAll(1, [{ program: '# 1 + 2\npass' }]);
  expect(reply).not.toContain('SEARCH');
  expect(reply).toContain('no number, operator or expression');
});

test('usage is characters over four, and marked as an estimate', async () => {
  const request = { body: body({ program }), headers: {} };
  const model = offlineModel({ seed: 1, latencyMs: 0 });
  const response = await model.complete(request, new AbortController().signal);
  const reply = completionSchema.parse(JSON.parse(String(response.body)));
  const prompt = Math.ceil(('You are an expert.'.length + userPrompt({ program }).length) / 4);
  const completion = Math.ceil(reply.choices[0].message.content.length / 4);
  expect(reply).toMatchObject({ object: 'chat.completion', model: OFFLINE_MODEL });
  expect(reply.usage).toEqual({
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: prompt + completion,
    estimated: true,
  });
});

test('a reply takes from half to one and a half of the latency, and an abort ends the wait', async () => {
  const model = offlineModel({ seed: 1, latencyMs: 60_000 });
  const abort = new AbortController();
  const reply = model.complete({ body: body({ program }), headers: {} }, abort.signal);
  abort.abort();
  await expect(reply).rejects.toMatchObject({ name: 'AbortError' });

  const started = performance.now();
  await ask(offlineModel({ seed: 1, latencyMs: 40 }), { program });
  // Timers may fire up to a millisecond early.
  expect(performance.now() - started).toBeGreaterThanOrEqual(19);
});

test.each([
  ['no JSON', Buffer.from('{')],
  ['no messages', Buffer.from('{"messages": []}')],
  ['a stream', body({ program }, { stream: true })],
])('a request with %s is an error in the form of OpenAI', async (_what, bytes) => {
  const reply = await offlineModel({ seed: 1, latencyMs: 0 }).complete(
    { body: bytes, headers: {} },
    new AbortController().signal,
  );
  expect(reply.status).toBe(400);
  expect(JSON.parse(String(reply.body))).toMatchObject({
    error: { type: 'invalid_request_error' },
  });
});
