import { readFile, rename, writeFile } from 'node:fs/promises';
import {
  describeIssues,
  JobSpecError,
  parseJson,
  requireVersion,
  type StackConfig,
  stackConfigSchema,
} from '@openevolve-aws/job-spec';
import type { z } from 'zod';
import { BatchClientError } from '../errors.ts';

/** `openevolve.config.json` as it is written: without what is left out. */
export type EnvironmentDocument = z.input<typeof stackConfigSchema>;

const EXAMPLE = {
  version: 1,
  region: 'us-east-1',
  environment: 'prod',
  users: ['alice', 'bob', 'ron'],
  alertEmail: 'your-email@example.com',
  monthlyBudgetUsd: 200,
  maxVcpus: 256,
} satisfies EnvironmentDocument;

/**
 * Reads the description of an environment: the document, and the configuration that it means.
 *
 * @throws {BatchClientError} `INVALID_INPUT` without the file, with an example, or with the fields
 *   that are wrong.
 * @example
 * const { config } = await readEnvironmentFile('openevolve.config.json');
 */
export async function readEnvironmentFile(
  file: string,
): Promise<{ readonly document: EnvironmentDocument; readonly config: StackConfig }> {
  let content: string;
  try {
    content = await readFile(file, 'utf8');
  } catch (cause) {
    throw new BatchClientError(
      'INVALID_INPUT',
      `${file} cannot be read. It says what to deploy; for a start write into it:\n${JSON.stringify(EXAMPLE, null, 2)}`,
      { cause },
    );
  }
  try {
    const document = parseJson(content, file);
    requireVersion(document, stackConfigSchema.shape.version.value, file);
    return { config: check(document, file), document: document as EnvironmentDocument };
  } catch (cause) {
    if (cause instanceof JobSpecError) {
      throw new BatchClientError('INVALID_INPUT', cause.message, { cause });
    }
    throw cause;
  }
}

/**
 * Writes a changed description, whole or not at all.
 *
 * @throws {BatchClientError} `INVALID_INPUT` when it would not be deployed, with the field.
 */
export async function writeEnvironmentFile(
  file: string,
  document: EnvironmentDocument,
): Promise<void> {
  check(document, file);
  const fresh = `${file}.${process.pid}`;
  await writeFile(fresh, `${JSON.stringify(document, null, 2)}\n`);
  await rename(fresh, file);
}

function check(document: unknown, file: string): StackConfig {
  const parsed = stackConfigSchema.safeParse(document);
  if (!parsed.success) {
    throw new BatchClientError(
      'INVALID_INPUT',
      `${file} cannot describe an environment: ${describeIssues(parsed.error)}.`,
      { cause: parsed.error },
    );
  }
  return parsed.data;
}
