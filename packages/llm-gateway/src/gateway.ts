import type { Price, Spend } from '@openevolve-aws/job-spec';
import { CallStatistics, type Latency } from './call-statistics.ts';
import { Circuit } from './circuit.ts';
import type { LlmGatewayError } from './errors.ts';
import { type FatalCode, governedUpstream } from './governed-upstream.ts';
import type { ModelPlan, ModelRoute } from './model-plan.ts';
import { serveModels } from './model-server.ts';
import { priceTables } from './prices.ts';
import { providerUpstream } from './provider-upstream.ts';
import { providerOf } from './providers.ts';
import { type Cap, priceUnknown, Spending } from './spending.ts';
import type { ModelUpstream } from './upstream.ts';

/** Why the job must end; whoever is told saves what there is. */
export interface GatewayEnd {
  readonly code: FatalCode | 'CAP_REACHED' | 'PRICE_UNKNOWN' | 'PROVIDER_DOWN';
  /** One sentence, without a key. */
  readonly message: string;
}

export interface GatewayOptions {
  /** Random; the only key that clients know. */
  readonly token: string;
  readonly plan: ModelPlan;
  /** In the place of all providers. */
  readonly offline: ModelUpstream | null;
  readonly cap: Cap;
  /** In US dollars for a million tokens, by model; they go before the known ones. */
  readonly prices: Readonly<Record<string, Price>>;
  readonly outageLimitMs: number;
  /** The last record of an earlier attempt. */
  readonly earlier: Spend | null;
  /** Makes `spending.snapshot()` durable and calls `spending.recorded` with it; see there. */
  readonly record: (spending: Spending) => Promise<unknown>;
  /** Called once per failed try, for the caller's log. Messages hold no key. */
  readonly onFailure: (failure: LlmGatewayError) => void;
  /** Called once, when no call can be made any more. */
  readonly onEnd: (end: GatewayEnd) => void;
}

/** How the calls of this attempt go. */
export interface GatewayStatus {
  /** Requests to providers, and how many of them gave nothing; without those of earlier attempts. */
  readonly calls: number;
  readonly failures: number;
  readonly tokens: number;
  readonly latencyMs: Latency | null;
  /** Calls that wait because a provider keeps failing or asked to wait. */
  readonly held: number;
  /** Hosts that keep failing. */
  readonly down: readonly string[];
}

export interface Gateway {
  /** `http://127.0.0.1:<port>`; for clients that know no plan the base URL is this and `/v1`. */
  readonly origin: string;
  readonly spending: Spending;
  status(): GatewayStatus;
  /** Another cap, from the next call on. One in dollars ends the job where a price is not known. */
  setCap(cap: Cap): void;
  /** Makes no call any more: those that wait end, those under way may still be answered. */
  drain(): void;
  /** Stops listening and aborts what is running. Can be called again. */
  close(): Promise<void>;
}

/** Above the most workers that a machine has use for; evolved code with the token may want more. */
const MAX_IN_FLIGHT = 1_024;

/**
 * Starts the gateway of one attempt of a job on the loopback interface: an OpenAI-compatible server
 * whose clients know its token and no key.
 *
 * @throws {LlmGatewayError} `LISTEN_FAILED`, `INVALID_CONFIG`, `KEY_UNUSABLE`, and `PRICE_UNKNOWN`
 *   when there is a cap in dollars and no price for a model of the plan.
 * @example
 * const gateway = await startGateway({ token, plan, ...options });
 * const config = plan.configFor({ origin: gateway.origin, token });
 */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const { token, plan, offline, cap, outageLimitMs, earlier, record, onFailure } = options;
  const statistics = new CallStatistics();
  const circuits = new Map<string, Circuit>();
  /** What went wrong last, by host. */
  const problems = new Map<string, string>();
  let ended = false;
  const end = (code: GatewayEnd['code'], message: string) => {
    if (ended) return;
    ended = true;
    drain();
    options.onEnd({ code, message });
  };
  const spending: Spending = new Spending({
    cap,
    earlier,
    record: () => record(spending),
    onCapReached: (message) => end('CAP_REACHED', message),
  });
  const drain = () => {
    spending.close();
    for (const circuit of circuits.values()) circuit.end();
  };

  const accounts = new Accounts(plan, options.prices);
  const unpriced = (limit: Cap) => (offline || limit.usd === null ? null : accounts.unpriced());
  const missing = unpriced(cap);
  if (missing) throw missing;

  const circuitOf = (host: string) => {
    const known = circuits.get(host);
    if (known) return known;
    const added = new Circuit({
      maxInFlight: MAX_IN_FLIGHT,
      outageLimitMs,
      onOutage: () =>
        end(
          'PROVIDER_DOWN',
          `${host} has given no good reply for ${outageLimitMs / 1000} s: resume the job when it is back (${problems.get(host)})`,
        ),
    });
    circuits.set(host, added);
    return added;
  };
  const governed = (upstream: ModelUpstream, host: string, route: ModelRoute | null) =>
    governedUpstream(upstream, {
      circuit: circuitOf(host),
      spending,
      statistics,
      host,
      isPlanned: (model) => plan.models.some((one) => one.name === model && one.route === route),
      retries: route?.retries ?? 0,
      account: (model) => accounts.of(model, route),
      onFailure: (failure) => {
        problems.set(host, failure.message);
        onFailure(failure);
      },
      onFatal: end,
    });

  const upstreams = offline
    ? { '/v1': governed(offline, 'the offline model', null) }
    : Object.fromEntries(
        plan.routes.map((route) => [
          route.path,
          governed(providerUpstream(route), hostOf(route), route),
        ]),
      );
  const server = await serveModels({ token, upstreams });
  const before = countsOf(spending.snapshot());

  return {
    origin: server.origin,
    spending,
    status: () => {
      const now = countsOf(spending.snapshot());
      const all = [...circuits];
      return {
        calls: now.calls - before.calls,
        failures: now.failures - before.failures,
        tokens: now.tokens - before.tokens,
        latencyMs: statistics.latency,
        held: all.reduce((sum, [, circuit]) => sum + circuit.held, 0),
        down: all.filter(([, circuit]) => circuit.isOpen).map(([host]) => host),
      };
    },
    setCap: (next) => {
      const problem = unpriced(next);
      if (problem) end('PRICE_UNKNOWN', problem.message);
      else spending.setCap(next);
    },
    drain,
    close: async () => {
      drain();
      await server.close();
    },
  };
}

/** Names and prices of models. */
class Accounts {
  readonly #plan: ModelPlan;
  readonly #prices: Readonly<Record<string, Price>>;
  readonly #severalHosts: boolean;

  constructor(plan: ModelPlan, prices: Readonly<Record<string, Price>>) {
    this.#plan = plan;
    this.#prices = prices;
    this.#severalHosts = new Set(plan.routes.map(hostOf)).size > 1;
  }

  of(model: string, route: ModelRoute | null): { name: string; price: Price | null } {
    // Nobody charges for the offline model.
    if (route === null) return { name: model, price: { prompt: 0, completion: 0 } };
    const name = this.#severalHosts ? `${hostOf(route)}/${model}` : model;
    const provider = providerOf(route.baseUrl);
    const known = provider ? ownValue(priceTables[provider.name]?.models ?? {}, model) : null;
    return { name, price: ownValue(this.#prices, name) ?? ownValue(this.#prices, model) ?? known };
  }

  /** What is wrong with a cap in dollars: a model of the plan without a price. */
  unpriced(): LlmGatewayError | null {
    const model = this.#plan.models.find(({ name, route }) => this.of(name, route).price === null);
    return model ? priceUnknown(model.name) : null;
  }
}

function ownValue<T>(values: Readonly<Record<string, T>>, name: string): T | null {
  return Object.hasOwn(values, name) ? (values[name] ?? null) : null;
}

function hostOf({ baseUrl }: ModelRoute): string {
  return URL.parse(baseUrl)?.host ?? baseUrl;
}

function countsOf({ models }: Spend) {
  return Object.values(models).reduce(
    (sum, { calls, failures, promptTokens, completionTokens }) => ({
      calls: sum.calls + calls,
      failures: sum.failures + failures,
      tokens: sum.tokens + promptTokens + completionTokens,
    }),
    { calls: 0, failures: 0, tokens: 0 },
  );
}
