import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { extname } from 'node:path';
import { parseOpenEvolveYaml } from '@openevolve-aws/job-spec';
import { inputKeys } from '@openevolve-aws/s3-layout';
import { BatchClientError } from '../errors.ts';

const MAX_FILE_BYTES = 32 * 1024 * 1024;

/** A user's file, read and named for its place under the job's input prefix. */
export interface JobFile {
  readonly key: string;
  readonly content: Uint8Array;
  readonly sha256: string;
}

/**
 * Reads a program or an evaluator.
 *
 * @param what how the file is called in messages.
 * @throws {BatchClientError} `INVALID_INPUT` when it is missing, no file, empty or too large.
 */
export async function readSource(
  what: 'program' | 'evaluator',
  path: string,
): Promise<JobFile & { text: string }> {
  const content = await readWhole(what, path);
  const text = decode(what, path, content);
  if (text.trim() === '') {
    throw new BatchClientError('INVALID_INPUT', `The ${what} ${path} is empty.`);
  }
  const extension = extname(path);
  return { ...jobFile(inputKeys[what](extension === '' ? '.py' : extension), content), text };
}

/**
 * Reads a config for OpenEvolve.
 *
 * @throws {BatchClientError} `INVALID_INPUT` when it is missing, or is not YAML, with line and column.
 */
export async function readConfig(path: string): Promise<JobFile & { value: unknown }> {
  const content = await readWhole('config', path);
  return {
    ...jobFile(inputKeys.config, content),
    value: toValue(decode('config', path, content), path),
  };
}

/**
 * Reads a `requirements.txt`.
 *
 * @throws {BatchClientError} `INVALID_INPUT` when it is missing or no text.
 */
export async function readRequirements(path: string): Promise<JobFile> {
  const content = await readWhole('requirements file', path);
  decode('requirements file', path, content);
  return jobFile(inputKeys.requirements, content);
}

function toValue(text: string, path: string): unknown {
  try {
    return parseOpenEvolveYaml(text);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new BatchClientError(
      'INVALID_INPUT',
      `The config ${path} is not valid YAML: ${why.replace(/[.:]$/, '')}.`,
      { cause },
    );
  }
}

/** A file for its place under the job's input prefix. */
export function jobFile(key: string, content: Uint8Array): JobFile {
  return { key, content, sha256: createHash('sha256').update(content).digest('hex') };
}

/**
 * A whole file of the user's.
 *
 * @param what how it is called in messages.
 * @throws {BatchClientError} `INVALID_INPUT` when it is missing, no file, or too large.
 */
export async function readWhole(what: string, path: string): Promise<Uint8Array> {
  const found = await stat(path).catch((cause: NodeJS.ErrnoException) => {
    const why = cause.code === 'ENOENT' ? 'does not exist' : `cannot be read (${cause.code})`;
    throw new BatchClientError('INVALID_INPUT', `The ${what} ${path} ${why}.`, { cause });
  });
  if (!found.isFile()) {
    throw new BatchClientError(
      'INVALID_INPUT',
      `The ${what} ${path} is ${found.isDirectory() ? 'a folder' : 'not a regular file'}; name one file.`,
    );
  }
  if (found.size > MAX_FILE_BYTES) {
    throw new BatchClientError(
      'INVALID_INPUT',
      `The ${what} ${path} has ${found.size} bytes; the most is ${MAX_FILE_BYTES}.`,
    );
  }
  return readFile(path);
}

function decode(what: string, path: string, content: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(content);
  } catch (cause) {
    throw new BatchClientError('INVALID_INPUT', `The ${what} ${path} is not UTF-8 text.`, {
      cause,
    });
  }
}
