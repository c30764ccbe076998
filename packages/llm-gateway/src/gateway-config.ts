import { z } from 'zod';
import { LlmGatewayError } from './errors.ts';
import { OFFLINE_MODEL } from './offline/offline-model.ts';
import type { ProviderTarget } from './provider-upstream.ts';
import { type Provider, providerOf, providers, type WeightedModel } from './providers.ts';

export interface GatewayConfigOptions {
  /** The gateway's base URL. */
  readonly url: string;
  readonly token: string;
  /** The service for configs that name none, or `offline` for no service at all. */
  readonly provider: Provider | 'offline';
  /** Where keys are looked up, by variable. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Worker processes, unless the config sets `evaluator.parallel_evaluations`. */
  readonly workers?: number;
}

export interface GatewayConfig {
  /** What OpenEvolve gets to read: it knows the gateway and its token, and no key. */
  readonly config: Record<string, unknown>;
  /** What the gateway forwards to; null for the offline model. */
  readonly upstream: ProviderTarget | null;
}

/** Settings of one model that decide where its requests go; unset ones come from `llm` itself. */
const routeSchema = z.looseObject({
  api_base: z.string().nullish(),
  api_key: z.string().nullish(),
  provider: z.string().nullish(),
  manual_mode: z.boolean().nullish(),
});

const userConfigSchema = z
  .looseObject({
    llm: routeSchema
      .extend({
        models: z.array(routeSchema).nullish(),
        evaluator_models: z.array(routeSchema).nullish(),
        primary_model: z.string().nullish(),
        secondary_model: z.string().nullish(),
      })
      .nullish(),
    evaluator: z.looseObject({}).nullish(),
  })
  .nullish();

type Route = z.output<typeof routeSchema>;

/**
 * Turns a user's parsed OpenEvolve config into one in which every model is reached through the
 * gateway, and says which provider the gateway must forward to. Models keep names, weights and
 * settings; a config without models gets the provider's own.
 *
 * A key of a known provider's variable (`GEMINI_API_KEY`, `OPENAI_API_KEY`) belongs to the
 * deployment, so it only goes to known providers, whatever host a config names.
 *
 * @param userConfig the parsed YAML; null or undefined for none.
 * @throws {LlmGatewayError} `INVALID_CONFIG`, `SEVERAL_UPSTREAMS`, `KEY_MISSING`, `KEY_UNUSABLE`.
 * @example
 * const { config, upstream } = gatewayConfig(parse(yaml), {
 *   url: 'http://127.0.0.1:4000/v1', token, provider: providers.gemini, env: process.env,
 * });
 */
export function gatewayConfig(userConfig: unknown, options: GatewayConfigOptions): GatewayConfig {
  const parsed = userConfigSchema.safeParse(userConfig);
  if (!parsed.success) {
    throw invalid(`The config cannot be read. ${z.prettifyError(parsed.error)}`);
  }
  const user = parsed.data ?? {};
  const llm = user.llm ?? {};
  const models = llm.models ?? [];
  const evaluatorModels = llm.evaluator_models ?? [];
  const namesModels = models.length > 0 || llm.primary_model || llm.secondary_model;

  const routes = [...models, ...evaluatorModels].map((model) => ({ ...llm, ...definedOf(model) }));
  // Models of the primary and secondary form, and default ones, take all from `llm`.
  if (models.length === 0 || llm.primary_model || llm.secondary_model) routes.push(llm);
  for (const route of routes) refuseBypass(route);

  const { url, token, provider, env, workers } = options;
  const gateway = { api_base: url, api_key: token };
  const throughGateway = (model: Route) => ({ ...model, ...gateway });
  const defaults: readonly WeightedModel[] =
    provider === 'offline' ? [{ name: OFFLINE_MODEL, weight: 1 }] : provider.models;

  const { models: _models, evaluator_models: _evaluatorModels, ...settings } = llm;
  const config = {
    ...user,
    llm: {
      ...settings,
      ...gateway,
      ...(models.length > 0 && { models: models.map(throughGateway) }),
      ...(!namesModels && { models: defaults.map((model) => ({ ...model, ...gateway })) }),
      ...(evaluatorModels.length > 0 && { evaluator_models: evaluatorModels.map(throughGateway) }),
    },
    ...(workers !== undefined && {
      evaluator: { parallel_evaluations: workers, ...user.evaluator },
    }),
  };
  return { config, upstream: provider === 'offline' ? null : target(routes, provider, env) };
}

/** The one service, with its key, that all routes lead to. */
function target(
  routes: readonly Route[],
  provider: Provider,
  env: GatewayConfigOptions['env'],
): ProviderTarget {
  const [base, ...otherBases] = distinct(
    routes.map((route) => (route.api_base ?? provider.baseUrl).replace(/\/+$/, '')),
  );
  const [key, ...otherKeys] = distinct(routes.map((route) => route.api_key ?? null));
  if (base === undefined || key === undefined || otherBases.length > 0 || otherKeys.length > 0) {
    throw new LlmGatewayError(
      'SEVERAL_UPSTREAMS',
      `The config names ${otherBases.length > 0 ? `several providers (${[base, ...otherBases].join(', ')})` : 'several api_key values'}, and a job can use one. Give all models the same api_base and api_key, best by setting them once, under llm.`,
      { permanent: true },
    );
  }
  return { baseUrl: base, apiKey: resolveKey(key, base, env) };
}

function resolveKey(key: string | null, baseUrl: string, env: GatewayConfigOptions['env']): string {
  const known = providerOf(baseUrl);
  if (key === null && !known) {
    throw new LlmGatewayError(
      'KEY_MISSING',
      `The config sends requests to ${baseUrl} and gives no llm.api_key for it. Set llm.api_key: \${VARIABLE} and pass that variable; any word will do for a server that asks for no key.`,
      { permanent: true },
    );
  }
  const variable = key === null ? known?.keyVariable : /^\$\{([^}]+)\}$/.exec(key)?.[1];
  if (variable === undefined) return key ?? '';
  const ownedByDeployment = Object.values(providers).some((one) => one.keyVariable === variable);
  if (ownedByDeployment && !known) {
    throw new LlmGatewayError(
      'KEY_UNUSABLE',
      `The key in ${variable} is not sent to ${baseUrl}, which is not its provider. Put the key of that service in a variable of another name.`,
      { permanent: true },
    );
  }
  const value = env[variable];
  if (!value) {
    throw new LlmGatewayError(
      'KEY_MISSING',
      `The variable ${variable}, which must hold the key for ${baseUrl}, is not set. Set it, or choose the offline model.`,
      { permanent: true },
    );
  }
  return value;
}

/** OpenEvolve has model kinds that call no HTTP server at all, or wait for a person. */
function refuseBypass(route: Route): void {
  if (route.provider && route.provider !== 'openai') {
    throw invalid(
      `llm.provider ${JSON.stringify(route.provider)} needs a command-line tool that jobs do not have. Remove it and name models of an OpenAI-compatible service.`,
    );
  }
  if (route.manual_mode) {
    throw invalid('llm.manual_mode waits for a person to answer prompts. Remove it.');
  }
}

/** Null counts as unset, as it does for OpenEvolve. */
function definedOf(model: Route): Route {
  return Object.fromEntries(Object.entries(model).filter(([, value]) => value != null));
}

function distinct<T>(values: readonly T[]): T[] {
  return [...new Set(values)];
}

function invalid(message: string): LlmGatewayError {
  return new LlmGatewayError('INVALID_CONFIG', message, { permanent: true });
}
