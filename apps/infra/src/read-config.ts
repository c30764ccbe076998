import { readFile } from 'node:fs/promises';
import {
  JobSpecError,
  parseDocument,
  type StackConfig,
  stackConfigSchema,
} from '@openevolve-aws/job-spec';
import { InfraError } from './errors.ts';

export const CONFIG_FILE = 'openevolve.config.json';

/**
 * Reads the configuration of an environment.
 *
 * @throws {InfraError} `NO_CONFIG` without the file, `INVALID_CONFIG` with the fields that are wrong.
 * @example
 * const config = await readStackConfig('openevolve.config.json');
 */
export async function readStackConfig(file: string): Promise<StackConfig> {
  let content: string;
  try {
    content = await readFile(file, 'utf8');
  } catch (cause) {
    throw new InfraError(
      'NO_CONFIG',
      `${file} cannot be read. It says what to deploy; an example is in the README of @openevolve-aws/infra.`,
      { cause },
    );
  }
  try {
    return parseDocument(stackConfigSchema, content, file);
  } catch (error) {
    if (error instanceof JobSpecError) {
      throw new InfraError('INVALID_CONFIG', error.message, { cause: error });
    }
    throw error;
  }
}
