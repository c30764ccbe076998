import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { LocalHome } from './home.ts';

/** The provider keys that the entrypoint takes from its environment. */
export const secretNames = ['GEMINI_API_KEY', 'OPENAI_API_KEY'] as const;

const secretsSchema = z.partialRecord(z.enum(secretNames), z.string().min(1));

export type Secrets = z.output<typeof secretsSchema>;

/** The keys that are set in an environment. */
export function secretsOf(variables: NodeJS.ProcessEnv): Secrets {
  return secretsSchema.parse(
    Object.fromEntries(
      secretNames.flatMap((name) => (variables[name] ? [[name, variables[name]]] : [])),
    ),
  );
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
