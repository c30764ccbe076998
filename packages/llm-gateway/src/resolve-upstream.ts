import { LlmGatewayError, type LlmGatewayErrorCode } from './errors.ts';
import type { ProviderTarget } from './provider-upstream.ts';
import { type Provider, providerOf, providers } from './providers.ts';
import { parseUserConfig, routesOf } from './user-config.ts';

export interface ResolveUpstreamOptions {
  /** The service for configs that name none. */
  readonly provider: Provider;
  /** Where keys are looked up, by variable. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

/**
 * The one service, with its key, that a user's OpenEvolve config leads to: `api_base` and `api_key`
 * (text or `${VARIABLE}`) of the config, else the given provider and its own variable.
 *
 * A key in a known provider's variable (`GEMINI_API_KEY`, `OPENAI_API_KEY`) belongs to the
 * deployment, so it only goes to known providers, whatever host a config names.
 *
 * @param userConfig the parsed YAML; null or undefined for none.
 * @throws {LlmGatewayError} `INVALID_CONFIG`, `SEVERAL_UPSTREAMS`, `KEY_MISSING`, `KEY_UNUSABLE`.
 * @example
 * const upstream = providerUpstream(
 *   resolveUpstream(null, { provider: providers.gemini, env: process.env }),
 * );
 */
export function resolveUpstream(
  userConfig: unknown,
  { provider, env }: ResolveUpstreamOptions,
): ProviderTarget {
  const routes = routesOf(parseUserConfig(userConfig));
  const bases = routes.map((route) => (route.api_base ?? provider.baseUrl).replace(/\/+$/, ''));
  const baseUrl = onlyOne(bases, (several) => `several providers (${several.join(', ')})`);
  const keys = routes.map((route) => resolveKey(route.api_key ?? null, baseUrl, env));
  return { baseUrl, apiKey: onlyOne(keys, () => 'several api_key values') };
}

function onlyOne(values: readonly string[], describe: (several: string[]) => string): string {
  const distinct = [...new Set(values)];
  const [first] = distinct;
  if (first === undefined || distinct.length > 1) {
    throw failure(
      'SEVERAL_UPSTREAMS',
      `The config names ${describe(distinct)}, and a job can use one. Give all models the same api_base and api_key, best by setting them once, under llm.`,
    );
  }
  return first;
}

function resolveKey(
  key: string | null,
  baseUrl: string,
  env: ResolveUpstreamOptions['env'],
): string {
  const known = providerOf(baseUrl);
  if (key === null && !known) {
    throw failure(
      'KEY_MISSING',
      `The config sends requests to ${baseUrl} and gives no llm.api_key for it. Set llm.api_key: \${VARIABLE} and pass that variable; any word will do for a server that asks for no key.`,
    );
  }
  const variable = key === null ? known?.keyVariable : /^\$\{([^}]+)\}$/.exec(key)?.[1];
  if (variable === undefined) return key ?? '';
  const ownedByDeployment = Object.values(providers).some((one) => one.keyVariable === variable);
  if (ownedByDeployment && !known) {
    throw failure(
      'KEY_UNUSABLE',
      `The key in ${variable} is not sent to ${baseUrl}, which is not its provider. Put the key of that service in a variable of another name.`,
    );
  }
  const value = env[variable];
  if (!value) {
    throw failure(
      'KEY_MISSING',
      `The variable ${variable}, which must hold the key for ${baseUrl}, is not set. Set it, or choose the offline model.`,
    );
  }
  return value;
}

function failure(code: LlmGatewayErrorCode, message: string): LlmGatewayError {
  return new LlmGatewayError(code, message, { permanent: true });
}
