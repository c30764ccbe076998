import { createHash, randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { openAiError } from '../openai-error.ts';
import { jsonReply, type ModelUpstream } from '../upstream.ts';
import { mutate } from './mutation.ts';
import { readPrompt } from './prompt.ts';
import { diffBlocks } from './proposal.ts';
import { Random } from './random.ts';

/** The name under which the offline model answers. */
export const OFFLINE_MODEL = 'offline-search';

/** The first line of every reply. */
export const OFFLINE_NOTICE = 'offline model: a seeded random search, not an LLM';

/** The rule of thumb for English text and code; nothing is really cut into tokens here. */
const CHARACTERS_PER_TOKEN = 4;

const textSchema = z.union([
  z.string(),
  z
    .array(z.object({ type: z.literal('text'), text: z.string() }))
    .transform((parts) => parts.map((part) => part.text).join('')),
]);

const requestSchema = z.object({
  messages: z.array(z.object({ role: z.string(), content: textSchema })).min(1),
  stream: z.literal(false, 'the offline model does not stream').nullish(),
});

export interface OfflineModelOptions {
  readonly seed: number;
  /** Mean milliseconds of a reply; each takes between half and one and a half of it. */
  readonly latencyMs: number;
}

/**
 * A stand-in for a model that needs no key and no network: a seeded random search over the numbers,
 * operators and small expressions of the program that OpenEvolve's prompt shows. It is not an LLM
 * and says so in each reply.
 *
 * A reply follows from the seed, the messages and how often this model has seen them before: the
 * same prompt gets different proposals, in the same sequence in each run. Token counts are an
 * estimate, characters / 4, and marked `"estimated": true`.
 *
 * @example
 * await serveModels({ token, upstreams: { '/v1': offlineModel({ seed: 1, latencyMs: 0 }) } });
 */
export function offlineModel(options: OfflineModelOptions): ModelUpstream {
  const { seed, latencyMs } = options;
  const timesSeen = new Map<string, number>();

  return {
    async complete(request, signal) {
      const parsed = parseRequest(request.body);
      if (!parsed.success) {
        return openAiError(400, 'invalid_request_error', z.prettifyError(parsed.error));
      }
      const { messages } = parsed.data;
      const content = createHash('sha256').update(JSON.stringify(messages)).digest('base64');
      const times = timesSeen.get(content) ?? 0;
      timesSeen.set(content, times + 1);
      const random = new Random(`${seed} ${times} ${content}`);

      const latency = latencyMs * random.between(0.5, 1.5);
      const textOf = (role: string) => messages.findLast((one) => one.role === role)?.content ?? '';
      const reply = `${OFFLINE_NOTICE}\n\n${propose(textOf('system'), textOf('user'), random)}`;
      await delay(latency, undefined, { signal });
      const promptLength = messages.reduce((total, message) => total + message.content.length, 0);
      return jsonReply(200, completion(reply, promptLength));
    },
    async models() {
      const data = [{ id: OFFLINE_MODEL, object: 'model', created: 0, owned_by: 'offline' }];
      return jsonReply(200, { object: 'list', data });
    },
  };
}

function parseRequest(body: Uint8Array) {
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder().decode(body));
  } catch {
    json = undefined;
  }
  return requestSchema.safeParse(json);
}

/** The reply's text below the notice. */
function propose(system: string, user: string, random: Random): string {
  const request = readPrompt(system, user);
  if (!request)
    return 'This prompt shows no current program, and the offline model can only change one.';
  const proposal = mutate(request, random);
  if (proposal === null) return 'The program has no number, operator or expression to change.';
  return request.form === 'diff'
    ? diffBlocks(request.program, proposal)
    : `\`\`\`${request.language}\n${proposal}\n\`\`\``;
}

function completion(text: string, promptLength: number): object {
  const promptTokens = Math.ceil(promptLength / CHARACTERS_PER_TOKEN);
  const completionTokens = Math.ceil(text.length / CHARACTERS_PER_TOKEN);
  return {
    id: `offline-${randomUUID()}`,
    object: 'chat.completion',
    created: Math.floor(Date.now() / 1000),
    model: OFFLINE_MODEL,
    choices: [{ index: 0, message: { role: 'assistant', content: text }, finish_reason: 'stop' }],
    usage: {
      prompt_tokens: promptTokens,
      completion_tokens: completionTokens,
      total_tokens: promptTokens + completionTokens,
      estimated: true,
    },
  };
}
