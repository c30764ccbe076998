import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ContainerEnvironment, Job } from '@openevolve-aws/job-spec';
import {
  type Gateway,
  gatewayConfig,
  LlmGatewayError,
  type ModelUpstream,
  offlineModel,
  type Provider,
  providers,
  providerUpstream,
  resolveUpstream,
  startGateway,
} from '@openevolve-aws/llm-gateway';
import { EntrypointError } from './errors.ts';
import type { Log } from './log.ts';
import { readOpenEvolveYaml, toOpenEvolveYaml } from './openevolve-yaml.ts';

export interface RunningGateway {
  readonly gateway: Gateway;
  /** OpenEvolve's config, in which every model is reached through the gateway. */
  readonly configFile: string;
}

/**
 * Starts the gateway that the job's model asks for, and writes the config that leads to it.
 *
 * @param inputs the folder with the job's inputs.
 * @param directory where the config goes.
 * @throws {EntrypointError} `LLM_KEY_REFUSED` without a key, `BAD_PROGRAM` for a config that cannot
 *   be used.
 */
export async function startJobGateway(
  job: Job,
  environment: ContainerEnvironment,
  inputs: string,
  directory: string,
  log: Log,
): Promise<RunningGateway> {
  const userConfig =
    job.config === null
      ? null
      : readOpenEvolveYaml(await readFile(join(inputs, job.config), 'utf8'));
  const provider =
    environment.GEMINI_API_KEY || !environment.OPENAI_API_KEY ? providers.gemini : providers.openai;
  const token = randomBytes(24).toString('hex');
  const configFile = join(directory, 'config.yaml');
  try {
    const gateway = await startGateway({
      token,
      upstream: upstreamOf(job, userConfig, provider, environment),
      onFailure: (failure) => log.error(failure.message),
    });
    try {
      const config = gatewayConfig(userConfig, {
        url: gateway.url,
        token,
        provider: job.model.kind === 'offline' ? 'offline' : provider,
      });
      await writeFile(configFile, toOpenEvolveYaml(config), { mode: 0o600 });
    } catch (error) {
      await gateway.close();
      throw error;
    }
    return { gateway, configFile };
  } catch (cause) {
    if (cause instanceof LlmGatewayError) {
      const keyMissing = cause.code === 'KEY_MISSING' || cause.code === 'KEY_UNUSABLE';
      const code = keyMissing ? 'LLM_KEY_REFUSED' : 'BAD_PROGRAM';
      throw new EntrypointError(code, cause.message, { cause });
    }
    throw cause;
  }
}

function upstreamOf(
  job: Job,
  userConfig: unknown,
  provider: Provider,
  { GEMINI_API_KEY, OPENAI_API_KEY }: ContainerEnvironment,
): ModelUpstream {
  if (job.model.kind === 'offline') {
    return offlineModel(job.model);
  }
  const env = { GEMINI_API_KEY, OPENAI_API_KEY };
  return providerUpstream(resolveUpstream(userConfig, { provider, env }));
}
