import { readdir, stat } from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { BatchClientError } from '../errors.ts';
import { type JobFile, jobFile, readWhole } from './job-files.ts';

const MAX_FILES = 1_000;
/** They are held in memory until they are uploaded. */
const MAX_BYTES = 512 * 1024 * 1024;
/** In folders: hidden ones, and what Python made for its own version. */
const LEFT_OUT = /^(\..*|__pycache__)$/s;

/**
 * Reads the files that an evaluator needs beside it. They keep their place relative to it, so it
 * finds them in the job as it does on the user's machine.
 *
 * @param paths files and folders at or below the evaluator's folder. What is hidden in a folder is
 *   left out.
 * @throws {BatchClientError} `INVALID_INPUT`, naming the path.
 */
export async function readIncluded(
  evaluator: string,
  paths: readonly string[],
): Promise<JobFile[]> {
  const base = dirname(resolve(evaluator));
  const found = new Set<string>();
  for (const path of paths) {
    const absolute = resolve(path);
    if (absolute !== base && !absolute.startsWith(base + sep)) {
      throw new BatchClientError(
        'INVALID_INPUT',
        `${path} lies outside of the evaluator's folder ${base}, so it has no place relative to it; move it beside the evaluator or below.`,
      );
    }
    for await (const file of filesIn(path, absolute)) {
      found.add(file);
      if (found.size > MAX_FILES) {
        throw new BatchClientError(
          'INVALID_INPUT',
          `${path} has more files than the ${MAX_FILES} that a job may bring; name those that the evaluator needs.`,
        );
      }
    }
  }
  const files: JobFile[] = [];
  let bytes = 0;
  for (const path of [...found].sort()) {
    const content = await readWhole('included file', path);
    bytes += content.byteLength;
    if (bytes > MAX_BYTES) {
      throw new BatchClientError(
        'INVALID_INPUT',
        `The included files have more than the ${MAX_BYTES} bytes that a job may bring; name those that the evaluator needs.`,
      );
    }
    files.push(jobFile(relative(base, path).split(sep).join('/'), content));
  }
  return files;
}

async function* filesIn(path: string, absolute: string): AsyncGenerator<string> {
  const found = await stat(absolute).catch((cause: NodeJS.ErrnoException) => {
    throw new BatchClientError(
      'INVALID_INPUT',
      `${path} ${cause.code === 'ENOENT' ? 'does not exist' : `cannot be read (${cause.code})`}.`,
      { cause },
    );
  });
  if (!found.isDirectory()) {
    yield absolute;
    return;
  }
  const entries = await readdir(absolute, { recursive: true, withFileTypes: true });
  for (const entry of entries) {
    const file = join(entry.parentPath, entry.name);
    const parts = relative(absolute, file).split(sep);
    if (!entry.isDirectory() && !parts.some((part) => LEFT_OUT.test(part))) {
      yield file;
    }
  }
}
