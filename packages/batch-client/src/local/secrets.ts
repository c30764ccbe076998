import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { keysOfConfig } from '../jobs/config-keys.ts';
import { readConfig } from '../jobs/job-files.ts';
import type { LocalHome } from './home.ts';

/** The provider keys that the entrypoint takes from its environment. */
export const secretNames = ['GEMINI_API_KEY', 'OPENAI_API_KEY'] as const;

const secretsSchema = z.partialRecord(z.enum(secretNames), z.string().min(1));

export type Secrets = z.output<typeof secretsSchema>;

/**
 * The keys that are set in an environment: the known ones, and those that a job's config names.
 * The entrypoint takes the latter out of one secret with all of them, as the stack on AWS keeps it.
 *
 * @param config the parsed config.yaml; null for none.
 */
export function secretsOf(variables: NodeJS.ProcessEnv, config: unknown): Secrets {
  const set = (names: readonly string[]) =>
    Object.fromEntries(names.flatMap((name) => (variables[name] ? [[name, variables[name]]] : [])));
  const known = secretsSchema.parse(set(secretNames));
  const others = keysOfConfig(config).variables.filter(
    (name) => !secretNames.some((one) => one === name),
  );
  const named = set(others);
  if (Object.keys(named).length === 0) {
    return known;
  }
  const { GEMINI_API_KEY: own } = known;
  return { ...known, GEMINI_API_KEY: JSON.stringify({ ...named, ...keysOfSecret(own) }) };
}

/**
 * Whether an environment, or a config itself, has a key for a model provider.
 *
 * @param configPath the user's config.yaml, if there is one.
 * @throws {BatchClientError} `INVALID_INPUT` when it cannot be read.
 */
export async function canAskAProvider(
  variables: NodeJS.ProcessEnv,
  configPath: string | undefined,
): Promise<boolean> {
  const config = configPath === undefined ? null : (await readConfig(configPath)).value;
  return keysOfConfig(config).plain || Object.keys(secretsOf(variables, config)).length > 0;
}

/** A secret may hold several keys already. */
function keysOfSecret(secret: string | undefined): Record<string, unknown> {
  try {
    return z.record(z.string(), z.unknown()).parse(JSON.parse(secret ?? '{}'));
  } catch {
    return { GEMINI_API_KEY: secret };
  }
}

/**
 * Keeps a job's keys in a file that only this user can read until the job ends, since a job may
 * wait, and outlive the shell that had them.
 */
export async function keepSecrets(
  home: LocalHome,
  batchJobId: string,
  secrets: Secrets,
): Promise<void> {
  if (Object.keys(secrets).length === 0) {
    return;
  }
  await mkdir(home.secrets, { recursive: true, mode: 0o700 });
  await writeFile(join(home.secrets, batchJobId), JSON.stringify(secrets), { mode: 0o600 });
}

export async function readSecrets(home: LocalHome, batchJobId: string): Promise<Secrets> {
  const content = await readFile(join(home.secrets, batchJobId), 'utf8').catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') {
        return '{}';
      }
      throw error;
    },
  );
  return secretsSchema.parse(JSON.parse(content));
}

export async function forgetSecrets(home: LocalHome, batchJobId: string): Promise<void> {
  await rm(join(home.secrets, batchJobId), { recursive: true, force: true });
}
