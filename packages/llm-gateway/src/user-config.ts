import { z } from 'zod';
import { LlmGatewayError } from './errors.ts';

/** Settings of one model that decide where its requests go, and how long they may take. */
const routeSchema = z.looseObject({
  name: z.string().nullish(),
  api_base: z.string().nullish(),
  api_key: z.string().nullish(),
  provider: z.string().nullish(),
  manual_mode: z.boolean().nullish(),
  timeout: z.number().positive().nullish(),
  retries: z.int().min(0).nullish(),
});

const llmSchema = routeSchema.extend({
  models: z.array(routeSchema).nullish(),
  evaluator_models: z.array(routeSchema).nullish(),
  primary_model: z.string().nullish(),
  secondary_model: z.string().nullish(),
});

const userConfigSchema = z.looseObject({ llm: llmSchema.nullish() }).nullish();

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
  const llm = config.llm ?? {};
  for (const model of [{}, ...(llm.models ?? []), ...(llm.evaluator_models ?? [])]) {
    refuseBypass(settingsOf(llm, model));
  }
  return config;
}

/** A model's settings: its own, and those of `llm` where it has none; null is none. */
export function settingsOf(llm: Route, model: Route): Route {
  const set = Object.entries(model).filter(([, value]) => value !== null);
  return { ...llm, ...Object.fromEntries(set) };
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
