import { OFFLINE_MODEL } from './offline/offline-model.ts';
import type { Provider, WeightedModel } from './providers.ts';
import { parseUserConfig, type Route } from './user-config.ts';

export interface GatewayConfigOptions {
  /** The gateway's base URL. */
  readonly url: string;
  readonly token: string;
  /** Whose models a config without any gets. */
  readonly provider: Provider | 'offline';
  /** Worker processes, unless the config sets `evaluator.parallel_evaluations`. */
  readonly workers?: number;
}

/**
 * Turns a user's OpenEvolve config into one in which every model is reached through the gateway. It
 * knows the gateway and its token, and no key. Models keep names, weights and settings; a config
 * without models gets the provider's own.
 *
 * @param userConfig the parsed YAML; null or undefined for none.
 * @throws {LlmGatewayError} `INVALID_CONFIG`.
 * @example
 * gatewayConfig(null, { url: 'http://127.0.0.1:4000/v1', token, provider: providers.gemini });
 */
export function gatewayConfig(
  userConfig: unknown,
  { url, token, provider, workers }: GatewayConfigOptions,
): Record<string, unknown> {
  const user = parseUserConfig(userConfig);
  const { models, evaluator_models: evaluatorModels, ...settings } = user.llm ?? {};

  const gateway = { api_base: url, api_key: token };
  const throughGateway = (model: Route | WeightedModel) => ({ ...model, ...gateway });
  const defaults = provider === 'offline' ? [{ name: OFFLINE_MODEL, weight: 1 }] : provider.models;
  const namesNone = !models?.length && !settings.primary_model && !settings.secondary_model;

  return {
    ...user,
    llm: {
      ...settings,
      ...gateway,
      ...(models?.length && { models: models.map(throughGateway) }),
      ...(namesNone && { models: defaults.map(throughGateway) }),
      ...(evaluatorModels?.length && { evaluator_models: evaluatorModels.map(throughGateway) }),
    },
    ...(workers !== undefined && {
      evaluator: { parallel_evaluations: workers, ...user.evaluator },
    }),
  };
}
