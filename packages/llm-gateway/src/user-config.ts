import { z } from 'zod';
import { LlmGatewayError } from './errors.ts';

/** Settings of one model that decide where its requests go. */
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

export type Route = z.output<typeof routeSchema>;
export type UserConfig = NonNullable<z.output<typeof userConfigSchema>>;

/**
 * The parts of a user's OpenEvolve config that the gateway has to know; all other keys stay.
 *
 * @throws {LlmGatewayError} `INVALID_CONFIG`, also for models that no gateway can serve.
 */
export function parseUserConfig(userConfig: unknown): UserConfig {
  const parsed = userConfigSchema.safeParse(userConfig);
  if (!parsed.success) {
    throw invalid(`The config cannot be read. ${z.prettifyError(parsed.error)}`);
  }
  const config = parsed.data ?? {};
  for (const route of routesOf(config)) refuseBypass(route);
  return config;
}

/** Where each model's requests would go: its own settings, and those of `llm` for the unset ones. */
export function routesOf({ llm }: UserConfig): Route[] {
  const settings = llm ?? {};
  const models = settings.models ?? [];
  const listed = [...models, ...(settings.evaluator_models ?? [])];
  const routes = listed.map((model) => ({ ...settings, ...setOf(model) }));
  // Models of the primary and secondary form, and default ones, take all from `llm`.
  const inherits = models.length === 0 || settings.primary_model || settings.secondary_model;
  return inherits ? [...routes, settings] : routes;
}

/** Null counts as unset, as it does for OpenEvolve. */
function setOf(model: Route): Route {
  return Object.fromEntries(Object.entries(model).filter(([, value]) => value !== null));
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

function invalid(message: string): LlmGatewayError {
  return new LlmGatewayError('INVALID_CONFIG', message, { permanent: true });
}
