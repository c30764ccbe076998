import { mkdir, open } from 'node:fs/promises';
import { ObjectStoreError } from './errors.ts';
import { isErrno } from './folder-errors.ts';

/**
 * Writes a new file and flushes it to the disk.
 *
 * @param check runs before each piece and at the end; what it throws ends the write.
 */
export async function writeFlushed(
  path: string,
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  check: () => void,
): Promise<void> {
  const file = await open(path, 'wx');
  try {
    for await (const chunk of chunks) {
      check();
      await file.writeFile(chunk);
    }
    await file.sync();
    check();
  } finally {
    await file.close();
  }
}

/** Makes the names in a folder durable: a rename or a link is only kept once this has run. */
export async function flushFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/**
 * Makes a folder and its parents, and gives the first one that was new.
 *
 * @throws {ObjectStoreError} `INVALID_KEY` when a part of the path is a file.
 */
export async function makeFolders(path: string): Promise<string | undefined> {
  try {
    return await mkdir(path, { recursive: true });
  } catch (cause) {
    if (!isErrno(cause, 'EEXIST', 'ENOTDIR')) throw cause;
    const message = `A part of ${path} is a file, so it cannot hold objects. Choose another key.`;
    throw new ObjectStoreError('INVALID_KEY', message, { cause });
  }
}
