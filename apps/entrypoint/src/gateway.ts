import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type ContainerExitName,
  DEFAULT_MAX_OUTAGE_SECONDS,
  type Job,
  type Spend,
} from '@openevolve-aws/job-spec';
import {
  type Cap,
  type Gateway,
  type GatewayEnd,
  LlmGatewayError,
  type LlmGatewayErrorCode,
  offlineModel,
  planModels,
  providers,
  readKeys,
  type Spending,
  startGateway,
} from '@openevolve-aws/llm-gateway';
import { EntrypointError } from './errors.ts';
import type { Log } from './log.ts';
import { readOpenEvolveYaml, toOpenEvolveYaml } from './openevolve-yaml.ts';
import type { StopRequest } from './stop-request.ts';

export interface JobGatewayOptions {
  readonly job: Job;
  /** The container's environment: keys are read from it. */
  readonly variables: Readonly<Record<string, string | undefined>>;
  readonly folders: { readonly inputs: string; readonly run: string };
  readonly cap: Cap;
  /** What earlier attempts spent. */
  readonly earlier: Spend | null;
  /** Makes a snapshot of the spending durable. */
  readonly record: (spending: Spending) => Promise<unknown>;
  readonly log: Log;
  readonly stop: StopRequest;
}

export interface JobGateway {
  readonly gateway: Gateway;
  /** For clients that know no config. */
  readonly access: { readonly url: string; readonly token: string };
  /** OpenEvolve's config, in which every model is reached through the gateway. */
  readonly configFile: string;
}

/** Calls that are paid for may come back. */
const LLM_GRACE_SECONDS = 60;

const exitOfEnd = {
  CAP_REACHED: 'CAP_REACHED',
  KEY_REFUSED: 'LLM_KEY_REFUSED',
  MODEL_UNKNOWN: 'BAD_PROGRAM',
  PRICE_UNKNOWN: 'BAD_PROGRAM',
  PROVIDER_DOWN: 'LLM_UNAVAILABLE',
  REQUESTS_REFUSED: 'BAD_PROGRAM',
} as const satisfies Record<GatewayEnd['code'], ContainerExitName>;

/** What is wrong with the key, and not with the config. */
const keyCodes: readonly LlmGatewayErrorCode[] = ['KEY_MISSING', 'KEY_UNUSABLE'];

/**
 * Starts the gateway that the job's model asks for, and writes the config that leads to it. What it
 * says of the end of the job becomes a request to stop.
 *
 * The config takes the place of the submitted one, which may hold a key and would be there for
 * evolved code to read; paths in it are relative to that place.
 *
 * @throws {EntrypointError} `LLM_KEY_REFUSED` without a key, `BAD_PROGRAM` for a config that cannot
 *   be used.
 */
export async function startJobGateway(options: JobGatewayOptions): Promise<JobGateway> {
  const { job, folders, log, stop } = options;
  const configFile =
    job.config === null ? join(folders.run, 'config.yaml') : join(folders.inputs, job.config);
  const userConfig =
    job.config === null ? null : readOpenEvolveYaml(await readFile(configFile, 'utf8'));
  const token = randomBytes(24).toString('hex');
  const outageLimitMs = (job.maxOutageSeconds ?? DEFAULT_MAX_OUTAGE_SECONDS) * 1000;
  try {
    const plan = planOf(options, userConfig, outageLimitMs);
    for (const { apiKey } of plan.routes) {
      log.hide(apiKey);
    }
    const gateway = await startGateway({
      token,
      plan,
      offline: job.model.kind === 'offline' ? offlineModel(job.model) : null,
      cap: options.cap,
      prices: job.prices ?? {},
      outageLimitMs,
      earlier: options.earlier,
      record: options.record,
      onFailure: ({ message, permanent }) => log[permanent ? 'error' : 'warn'](message),
      onEnd: ({ code, message }) => stop.request(message, exitOfEnd[code], LLM_GRACE_SECONDS),
    });
    const config = plan.configFor({ origin: gateway.origin, token });
    await writeFile(configFile, toOpenEvolveYaml(config), { mode: 0o600 });
    return { gateway, access: { url: `${gateway.origin}/v1`, token }, configFile };
  } catch (cause) {
    if (cause instanceof LlmGatewayError) {
      const code = keyCodes.includes(cause.code) ? 'LLM_KEY_REFUSED' : 'BAD_PROGRAM';
      throw new EntrypointError(code, cause.message, { cause });
    }
    throw cause;
  }
}

function planOf({ job, variables }: JobGatewayOptions, config: unknown, outageLimitMs: number) {
  if (job.model.kind === 'offline') {
    return planModels(config, { provider: 'offline', keys: new Map(), outageLimitMs });
  }
  const keys = readKeys(variables);
  const provider =
    keys.has('GEMINI_API_KEY') || !keys.has('OPENAI_API_KEY') ? providers.gemini : providers.openai;
  return planModels(config, { provider, keys, outageLimitMs });
}
