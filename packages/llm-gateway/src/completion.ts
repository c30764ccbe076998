import { z } from 'zod';

/** What the gateway has to know of a request; all other fields pass untouched. */
export interface CompletionRequest {
  readonly model: string;
  /** The most that it can cost: the real counts come with the reply. */
  readonly atMost: TokenCount;
  /** The body to send: a streamed reply is asked to tell its usage. */
  readonly body: Buffer;
}

export interface TokenCount {
  readonly prompt: number;
  readonly completion: number;
}

/** OpenEvolve's own default, for requests that set no limit. */
const DEFAULT_COMPLETION_TOKENS = 4096;
/** Text and code take four bytes a token and more; three leave room for what does not. */
const BYTES_PER_TOKEN = 3;
const MAX_MODEL_NAME = 200;
const MAX_EVENT = 1024 * 1024;
/** More than any model takes or gives in one call: what says more would spoil the sums. */
const MAX_TOKENS = 100_000_000;
const MAX_CHOICES = 1_000;

const count = z.int().min(0).max(MAX_TOKENS);
const requestSchema = z.object({
  // An object read from JSON loses a member of that name, and the ledger would lose its spend.
  model: z
    .string()
    .min(1)
    .max(MAX_MODEL_NAME)
    .refine((name) => name !== '__proto__'),
  stream: z.boolean().nullish(),
  stream_options: z.looseObject({ include_usage: z.boolean().nullish() }).nullish(),
  max_tokens: count.nullish(),
  max_completion_tokens: count.nullish(),
  n: z.int().min(1).max(MAX_CHOICES).nullish(),
});

/** Reads a request's body; null when it is no completion request, or asks for more than there is. */
export function readCompletionRequest(body: Buffer): CompletionRequest | null {
  const json = parseJson(body.toString());
  const parsed = requestSchema.safeParse(json);
  if (!parsed.success) return null;
  const { model, stream, stream_options, max_tokens, max_completion_tokens, n } = parsed.data;
  const limit = max_completion_tokens ?? max_tokens ?? DEFAULT_COMPLETION_TOKENS;
  const mustAsk = stream === true && stream_options?.include_usage !== true;
  return {
    model,
    atMost: { prompt: Math.ceil(body.length / BYTES_PER_TOKEN), completion: limit * (n ?? 1) },
    body: mustAsk
      ? Buffer.from(
          JSON.stringify({
            ...(json as object),
            stream_options: { ...stream_options, include_usage: true },
          }),
        )
      : body,
  };
}

const usageSchema = z
  .object({
    prompt_tokens: count,
    completion_tokens: count.nullish(),
    total_tokens: count.nullish(),
  })
  // Some servers say 0 for what they have not counted, and no prompt is empty.
  .refine(
    (usage) => usage.prompt_tokens > 0 && (usage.completion_tokens ?? usage.total_tokens) != null,
  );
const replySchema = z.object({
  choices: z.array(z.unknown()).catch([]),
  usage: usageSchema.nullish().catch(null),
  error: z
    .union([z.object({ code: z.int().min(400).max(599).catch(500) }), z.string()])
    .nullish()
    .catch(null),
});
const choiceSchema = z.object({
  message: z.looseObject({
    content: z.union([z.string().min(1), z.array(z.unknown()).min(1)]),
  }),
});
const toolChoiceSchema = z.object({
  message: z.looseObject({ tool_calls: z.array(z.unknown()).min(1) }),
});

export interface CompletionReply {
  /** Null when the provider did not count, or cannot have. */
  readonly usage: TokenCount | null;
  /** Whether there is anything in it. */
  readonly empty: boolean;
  /**
   * The status that an error in it stands for: a service that had begun to answer has no other way
   * left to say so. Null without one.
   */
  readonly errorStatus: number | null;
}

/** Reads a whole reply; null when it is no JSON object, so it was cut off. */
export function readCompletionReply(body: Buffer): CompletionReply | null {
  const parsed = replySchema.safeParse(parseJson(body.toString()));
  if (!parsed.success) return null;
  const { choices, usage, error } = parsed.data;
  const says = (choice: unknown) =>
    choiceSchema.safeParse(choice).success || toolChoiceSchema.safeParse(choice).success;
  const empty = !choices.some(says);
  return {
    usage: usage ? tokensOf(usage) : null,
    empty,
    errorStatus: empty && error ? (typeof error === 'string' ? 500 : error.code) : null,
  };
}

/**
 * Watches the pieces of a streamed reply go by.
 *
 * @returns a function that gives the usage that the stream told of, when it told.
 */
export function watchStream(): { see(chunk: Buffer): void; usage(): TokenCount | null } {
  let usage: TokenCount | null = null;
  let rest = '';
  return {
    see(chunk) {
      const lines = (rest + chunk.toString('latin1')).split('\n');
      // A line without end is no event, and must not fill the memory.
      rest = (lines.pop() ?? '').slice(-MAX_EVENT);
      for (const line of lines) {
        if (!line.startsWith('data:') || !line.includes('"usage"')) continue;
        const parsed = replySchema.safeParse(parseJson(line.slice('data:'.length)));
        if (parsed.success && parsed.data.usage) usage = tokensOf(parsed.data.usage);
      }
    },
    usage: () => usage,
  };
}

/**
 * Gemini counts what a model thinks in the total only, and charges it as completion:
 * https://ai.google.dev/gemini-api/docs/pricing ("including thinking").
 */
function tokensOf(usage: z.output<typeof usageSchema>): TokenCount {
  const { prompt_tokens: prompt, completion_tokens, total_tokens } = usage;
  return { prompt, completion: Math.max(0, completion_tokens ?? 0, (total_tokens ?? 0) - prompt) };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
