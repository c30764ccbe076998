import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import {
  parseDocument,
  type Settings,
  serializeDocument,
  settingsSchema,
} from '@openevolve-aws/job-spec';
import { BatchClientError } from '../errors.ts';

/**
 * The file of a profile: `<name>.json` in `openevolve-aws` of the user's configuration folder (XDG).
 *
 * @param name `OPENEVOLVE_PROFILE` or `default` without it.
 * @throws {BatchClientError} `INVALID_INPUT` for a name that is no file name.
 * @example
 * profileFile(process.env, 'test'); // '/home/alice/.config/openevolve-aws/test.json'
 */
export function profileFile(
  variables: Readonly<Record<string, string | undefined>>,
  name = variables.OPENEVOLVE_PROFILE || 'default',
): string {
  if (!/^[A-Za-z0-9_-]{1,64}$/.test(name)) {
    throw new BatchClientError(
      'INVALID_INPUT',
      `${JSON.stringify(name)} is no name of a profile: 1 to 64 letters, digits, dashes and underscores.`,
    );
  }
  const base = variables.XDG_CONFIG_HOME || join(homedir(), '.config');
  return join(base, 'openevolve-aws', `${name}.json`);
}

/** A profile, or null when there is none. */
export async function readProfile(file: string): Promise<Settings | null> {
  const content = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') {
      return null;
    }
    throw error;
  });
  return content === null ? null : parseDocument(settingsSchema, content, file);
}

/** Writes a profile, whole or not at all. It holds no secret. */
export async function writeProfile(file: string, settings: Settings): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  const fresh = `${file}.${process.pid}`;
  await writeFile(fresh, serializeDocument(settings));
  await rename(fresh, file);
}
