import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { jsonReply, offlineModel, serveModels } from '@openevolve-aws/llm-gateway';

/** How the model behaves; may be changed while it serves. */
export interface ModelBehaviour {
  /** Bounds of a reply's time, in milliseconds. */
  latencyMs: readonly [low: number, high: number];
  /** Share of the calls that end with HTTP 500, 0 to 1. */
  failures: number;
  /** Called when a reply is complete. */
  onReply?: () => void;
}

export interface ModelServer {
  /** What a config's `llm` says to reach it, as any provider that a user names. */
  readonly llm: Readonly<Record<string, unknown>>;
  readonly behaviour: ModelBehaviour;
  close(): Promise<void>;
}

/**
 * An OpenAI-compatible server with the offline model's programs.
 *
 * @param random from 0 to 1; decides latencies and failures.
 * @example
 * const server = await startModelServer(1, { latencyMs: [50, 300], failures: 0.1 }, Math.random);
 */
export async function startModelServer(
  seed: number,
  behaviour: ModelBehaviour,
  random: () => number,
): Promise<ModelServer> {
  const model = offlineModel({ seed, latencyMs: 0 });
  const token = randomUUID();
  const server = await serveModels({
    token,
    upstreams: {
      '/v1': {
        models: (signal) => model.models(signal),
        async complete(request, signal) {
          const [low, high] = behaviour.latencyMs;
          const fails = random() < behaviour.failures;
          await delay(low + (high - low) * random(), undefined, { signal });
          behaviour.onReply?.();
          return fails
            ? jsonReply(500, { error: { message: 'out of order' } })
            : model.complete(request, signal);
        },
      },
    },
  });
  return {
    llm: {
      api_base: `${server.origin}/v1`,
      api_key: token,
      models: [{ name: 'any-model', weight: 1 }],
      retries: 0,
    },
    behaviour,
    close: () => server.close(),
  };
}
