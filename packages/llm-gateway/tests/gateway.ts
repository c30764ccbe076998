import type { Spend } from '@openevolve-aws/job-spec';
import type { LlmGatewayError } from '../src/errors.ts';
import {
  type Gateway,
  type GatewayEnd,
  type GatewayOptions,
  startGateway,
} from '../src/gateway.ts';
import { planModels } from '../src/model-plan.ts';
import { providers } from '../src/providers.ts';

export const TOKEN = 'run-token';
export const KEY = 'sk-provider-0123456789';

export interface TestGateway extends AsyncDisposable {
  readonly gateway: Gateway;
  readonly failures: LlmGatewayError[];
  readonly ends: GatewayEnd[];
  /** What was made durable, oldest first. */
  readonly records: Spend[];
  post(body: object | string, init?: RequestInit): Promise<Response>;
}

/** A gateway in front of one provider, or of what `llm` names. */
export async function testGateway(
  llm: string | object,
  options: Partial<GatewayOptions> = {},
): Promise<TestGateway> {
  const failures: LlmGatewayError[] = [];
  const ends: GatewayEnd[] = [];
  const records: Spend[] = [];
  const outageLimitMs = options.outageLimitMs ?? 600_000;
  const settings =
    typeof llm === 'string' ? { api_base: llm, api_key: KEY, primary_model: 'm' } : llm;
  const gateway = await startGateway({
    token: TOKEN,
    plan: planModels(
      { llm: settings },
      { provider: providers.gemini, keys: new Map(), outageLimitMs },
    ),
    offline: null,
    cap: { usd: null, tokens: null },
    prices: {},
    outageLimitMs,
    earlier: null,
    record: async (spending) => {
      const spend = spending.snapshot();
      records.push(spend);
      spending.recorded(spend);
    },
    onFailure: (failure) => failures.push(failure),
    onEnd: (end) => ends.push(end),
    ...options,
  });
  return {
    gateway,
    failures,
    ends,
    records,
    post: (body, init = {}) =>
      fetch(`${gateway.origin}/v1/chat/completions`, {
        method: 'POST',
        body:
          typeof body === 'string' ? body : JSON.stringify({ model: 'm', messages: [], ...body }),
        ...init,
        headers: {
          authorization: `Bearer ${TOKEN}`,
          'content-type': 'application/json',
          ...init.headers,
        },
      }),
    [Symbol.asyncDispose]: () => gateway.close(),
  };
}
