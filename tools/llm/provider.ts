import { setTimeout as delay } from 'node:timers/promises';
import {
  jsonReply,
  offlineModel,
  serveModels,
  type UpstreamReply,
} from '@openevolve-aws/llm-gateway';
import type { Random } from '../kill/random.ts';

/** The shares of calls that fail, each from 0 to 1. */
export interface Faults {
  readonly busy: number;
  readonly unavailable: number;
  readonly cut: number;
}

/** What a provider counted, so what it would charge. */
export interface Charged {
  calls: number;
  failures: number;
  promptTokens: number;
  completionTokens: number;
}

export interface Provider extends AsyncDisposable {
  readonly llm: Readonly<Record<string, unknown>>;
  /** Of calls that were answered whole. */
  readonly charged: Charged;
  /** Whether it answers with 503 only. */
  down: boolean;
  /** Calls under way. */
  readonly underWay: () => number;
}

export interface ProviderOptions {
  readonly random: Random;
  /** The only key that it takes. */
  readonly key: string;
  /** What a config calls that key. */
  readonly keyName: string;
  readonly latencyMs?: number;
  readonly faults?: Faults;
  readonly llm?: Readonly<Record<string, unknown>>;
}

const noFaults: Faults = { busy: 0, unavailable: 0, cut: 0 };

/** A provider with the offline model's programs that fails as real ones do, and keeps accounts. */
export async function startProvider(options: ProviderOptions): Promise<Provider> {
  const { random, key, keyName, latencyMs = 100, faults = noFaults, llm = {} } = options;
  const model = offlineModel({ seed: 1, latencyMs: 0 });
  const charged: Charged = { calls: 0, failures: 0, promptTokens: 0, completionTokens: 0 };
  let underWay = 0;
  const provider = { down: false };

  function fail(reply: UpstreamReply): UpstreamReply {
    charged.failures += 1;
    return reply;
  }

  const server = await serveModels({
    token: key,
    upstreams: {
      '/v1': {
        models: (signal) => model.models(signal),
        async complete(request, signal) {
          charged.calls += 1;
          underWay += 1;
          try {
            await delay(latencyMs * random.between(0.5, 1.5), undefined, { signal });
            if (provider.down || random.next() < faults.unavailable) {
              return fail(jsonReply(503, { error: { message: 'overloaded' } }));
            }
            if (random.next() < faults.busy) {
              return fail(
                jsonReply(429, { error: { message: 'slow down' } }, { 'retry-after': '1' }),
              );
            }
            const reply = await model.complete(request, signal);
            if (random.next() < faults.cut && Buffer.isBuffer(reply.body)) {
              return fail({ ...reply, body: reply.body.subarray(0, reply.body.length / 2) });
            }
            const { usage } = JSON.parse(String(reply.body)) as {
              usage: { prompt_tokens: number; completion_tokens: number };
            };
            charged.promptTokens += usage.prompt_tokens;
            charged.completionTokens += usage.completion_tokens;
            return reply;
          } finally {
            underWay -= 1;
          }
        },
      },
    },
  });
  return Object.assign(provider, {
    charged,
    underWay: () => underWay,
    llm: {
      api_base: `${server.origin}/v1`,
      api_key: `\${${keyName}}`,
      models: [{ name: 'priced', weight: 1 }],
      max_tokens: 1_000,
      ...llm,
    },
    [Symbol.asyncDispose]: () => server.close(),
  });
}
