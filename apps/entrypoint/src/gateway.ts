import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ContainerEnvironment, Job } from '@openevolve-aws/job-spec';
import {
  type Gateway,
  gatewayConfig,
  LlmGatewayError,
  offlineModel,
  providers,
  providerUpstream,
  resolveUpstream,
  startGateway,
} from '@openevolve-aws/llm-gateway';
import { parse, stringify } from 'yaml';
import { EntrypointError } from './errors.ts';
import type { Log } from './log.ts';

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
  const userConfig: unknown =
    job.config === null ? null : parse(await readFile(join(inputs, job.config), 'utf8'));
  const provider =
    environment.GEMINI_API_KEY || !environment.OPENAI_API_KEY ? providers.gemini : providers.openai;
  try {
    const upstream =
      job.model.kind === 'offline'
        ? offlineModel(job.model)
        : providerUpstream(
            resolveUpstream(userConfig, {
              provider,
              env: {
                GEMINI_API_KEY: environment.GEMINI_API_KEY,
                OPENAI_API_KEY: environment.OPENAI_API_KEY,
              },
            }),
          );
    const token = randomBytes(24).toString('hex');
    const gateway = await startGateway({
      token,
      upstream,
      onFailure: (failure) => log.error(failure.message),
    });
    const config = gatewayConfig(userConfig, {
      url: gateway.url,
      token,
      provider: job.model.kind === 'offline' ? 'offline' : provider,
    });
    const configFile = join(directory, 'config.yaml');
    await writeFile(configFile, stringify(config), { mode: 0o600 });
    return { gateway, configFile };
  } catch (cause) {
    if (cause instanceof LlmGatewayError) {
      const keyMissing = cause.code === 'KEY_MISSING' || cause.code === 'KEY_UNUSABLE';
      throw new EntrypointError(keyMissing ? 'LLM_KEY_REFUSED' : 'BAD_PROGRAM', cause.message, {
        cause,
      });
    }
    throw cause;
  }
}
