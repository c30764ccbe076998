import { parseBaseUrl } from './base-url.ts';
import { LlmGatewayError, type LlmGatewayErrorCode } from './errors.ts';
import type { Keys } from './keys.ts';
import { OFFLINE_MODEL } from './offline/offline-model.ts';
import { type Provider, providerOf, providers } from './providers.ts';
import { parseUserConfig, type Route, settingsOf, type UserConfig } from './user-config.ts';

/** One way to a provider: what the models of it have in common. */
export interface ModelRoute {
  /** Under which the gateway serves it. */
  readonly path: string;
  readonly baseUrl: string;
  readonly apiKey: string;
  readonly timeoutMs: number;
  readonly retries: number;
}

export interface ModelPlan {
  /** The first one is for clients that know no other. None for the offline model. */
  readonly routes: readonly ModelRoute[];
  /** Models that the config names, by route. */
  readonly models: readonly { readonly name: string; readonly route: ModelRoute }[];
  /** The user's config, with every model reached through the gateway. It knows no key. */
  configFor(gateway: { readonly origin: string; readonly token: string }): Record<string, unknown>;
}

export interface ModelPlanOptions {
  /** For configs that name no service: whose models they get. */
  readonly provider: Provider | 'offline';
  readonly keys: Keys;
  /** How long the gateway may hold a call; clients wait for it. */
  readonly outageLimitMs: number;
}

/** OpenEvolve 0.4.1's defaults. */
const DEFAULT_TIMEOUT_SECONDS = 60;
const DEFAULT_RETRIES = 3;
/**
 * How much longer than the longest outage a client waits, at least: its call then still has to be
 * made, which may take as long as the config allows.
 */
const CLIENT_SLACK_SECONDS = 300;
/** What is shorter is no key, but a word that servers without keys want. */
const MIN_KEY = 8;

/**
 * Which providers a user's OpenEvolve config leads to, with which keys, and the config that leads to
 * the gateway instead. Several providers and keys in one ensemble are fine; models keep names,
 * weights and settings. Time-outs and retries are the gateway's from here on, with the values that
 * the config gives them: OpenEvolve itself waits as long as the gateway may hold a call.
 *
 * A key in a known provider's variable (`GEMINI_API_KEY`, `OPENAI_API_KEY`) belongs to the
 * deployment, so it only goes to known providers, whatever host a config names. A key that models
 * take from `llm` goes to one host only.
 *
 * @param userConfig the parsed YAML; null or undefined for none.
 * @throws {LlmGatewayError} `INVALID_CONFIG`, `KEY_MISSING`, `KEY_UNUSABLE`.
 * @example
 * const keys = readKeys(process.env);
 * const plan = planModels(null, { provider: providers.gemini, keys, outageLimitMs: 600_000 });
 */
export function planModels(userConfig: unknown, options: ModelPlanOptions): ModelPlan {
  const user = parseUserConfig(userConfig);
  const { provider, outageLimitMs } = options;
  const routes = new Routes(options);
  const llm = withModels(user, provider);
  const own = settingsOf(llm, {});
  const models = [...(llm.models ?? []), ...(llm.evaluator_models ?? [])];
  const inherits = Boolean(llm.primary_model || llm.secondary_model);
  refuseSharedKey(llm, models, provider);
  const first = models.length === 0 || inherits ? routes.of(own) : undefined;
  const planned = models.map((model) => ({ model, route: routes.of(settingsOf(llm, model)) }));
  const main = first ?? planned[0]?.route;

  const outageSeconds = Math.ceil(outageLimitMs / 1000);
  return {
    routes: routes.all,
    models: [
      ...planned.flatMap(({ model: { name }, route }) => (name && route ? [{ name, route }] : [])),
      ...[llm.primary_model, llm.secondary_model].flatMap((name) =>
        name && first ? [{ name, route: first }] : [],
      ),
    ],
    configFor({ origin, token }) {
      const through = (route: ModelRoute | undefined) => ({
        timeout:
          outageSeconds + Math.max(CLIENT_SLACK_SECONDS, Math.ceil((route?.timeoutMs ?? 0) / 1000)),
        retries: 0,
        api_base: `${origin}${route?.path ?? '/v1'}`,
        api_key: token,
      });
      const rewritten = (list: readonly Route[] | null | undefined) =>
        list?.map((model) => ({
          ...model,
          ...through(planned.find((one) => one.model === model)?.route),
        }));
      const { models: listed, evaluator_models: evaluating, ...settings } = llm;
      return {
        ...user,
        llm: {
          ...settings,
          ...through(main),
          ...(listed?.length && { models: rewritten(listed) }),
          ...(evaluating?.length && { evaluator_models: rewritten(evaluating) }),
        },
      };
    },
  };
}

/** The config's `llm`, with the provider's own models where it names none. */
function withModels(
  user: UserConfig,
  provider: Provider | 'offline',
): NonNullable<UserConfig['llm']> {
  const llm = user.llm ?? {};
  if (llm.models?.length || llm.primary_model || llm.secondary_model) return llm;
  const models =
    provider === 'offline'
      ? [{ name: OFFLINE_MODEL, weight: 1 }]
      : provider.models.map((model) => ({ ...model }));
  return { ...llm, models };
}

/** A model at another host must not be handed the key that `llm` has for its own. */
function refuseSharedKey(
  llm: Route & { readonly primary_model?: unknown; readonly secondary_model?: unknown },
  models: readonly Route[],
  provider: Provider | 'offline',
): void {
  const key = llm.api_key ?? '';
  if (provider === 'offline' || (key.length < MIN_KEY && !key.startsWith('${'))) return;
  const baseOf = ({ api_base }: Route) =>
    parseBaseUrl(api_base ?? llm.api_base ?? provider.baseUrl);
  const own = llm.api_base || llm.primary_model || llm.secondary_model ? [llm] : [];
  const users = [...own, ...models.filter(({ api_key }) => (api_key ?? null) === null)];
  const [host, other] = new Set(users.map((user) => baseOf(user).host));
  if (other !== undefined) {
    throw failure(
      'KEY_UNUSABLE',
      `The key in llm.api_key would go to ${host} and to ${other} too. Give each model at another host an api_key of its own.`,
    );
  }
}

/** The routes of a config, each once. */
class Routes {
  readonly #options: ModelPlanOptions;
  readonly #routes = new Map<string, ModelRoute>();

  constructor(options: ModelPlanOptions) {
    this.#options = options;
  }

  get all(): ModelRoute[] {
    return [...this.#routes.values()];
  }

  /** @returns undefined for the offline model, which is the only one then. */
  of(settings: Route): ModelRoute | undefined {
    const { provider, keys } = this.#options;
    if (provider === 'offline') return undefined;
    const baseUrl = (settings.api_base ?? provider.baseUrl).replace(/\/+$/, '');
    parseBaseUrl(baseUrl);
    const route = {
      baseUrl,
      apiKey: resolveKey(settings.api_key ?? null, baseUrl, keys),
      timeoutMs: (settings.timeout ?? DEFAULT_TIMEOUT_SECONDS) * 1000,
      retries: settings.retries ?? DEFAULT_RETRIES,
    };
    const id = JSON.stringify(route);
    const known = this.#routes.get(id);
    if (known) return known;
    const path = this.#routes.size === 0 ? '/v1' : `/${this.#routes.size + 1}/v1`;
    const added = { path, ...route };
    this.#routes.set(id, added);
    return added;
  }
}

function resolveKey(key: string | null, baseUrl: string, keys: Keys): string {
  const known = providerOf(baseUrl);
  if (key === null && !known) {
    throw failure(
      'KEY_MISSING',
      `The config sends requests to ${baseUrl} and gives no llm.api_key for it. Set llm.api_key: \${VARIABLE} and store that variable's key in the secret; any word will do for a server that asks for no key.`,
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
  const value = keys.get(variable);
  if (!value) {
    throw failure(
      'KEY_MISSING',
      `There is no key in ${variable}, which must hold the one for ${baseUrl}: it is not set, or still the placeholder of a fresh stack. Store it, or choose the offline model.`,
    );
  }
  return value;
}

function failure(code: LlmGatewayErrorCode, message: string): LlmGatewayError {
  return new LlmGatewayError(code, message, { permanent: true });
}
