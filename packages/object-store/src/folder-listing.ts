import type { Dirent } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { throwIfAborted } from './errors.ts';
import { isInternal } from './folder-areas.ts';
import { folderError, isErrno } from './folder-errors.ts';
import { compareKeys } from './keys.ts';
import type { ListedObject, ListOptions } from './object-store.ts';

/**
 * The objects below a folder, in key order: a folder sorts as its name with a slash.
 *
 * @param folder relative to the root, empty or with a slash at its end.
 */
export async function* walk(
  root: string,
  folder: string,
  prefix: string,
  options: ListOptions | undefined,
): AsyncGenerator<ListedObject> {
  const after = options?.startAfter;
  for (const name of await names(root, folder)) {
    const key = folder + name;
    throwIfAborted(options?.signal, `Listing ${prefix}`);
    if (name.endsWith('/')) {
      const mayMatch = key.startsWith(prefix) || prefix.startsWith(key);
      const mayFollow = after === undefined || after.startsWith(key) || isAfter(key, after);
      if (mayMatch && mayFollow) yield* walk(root, key, prefix, options);
    } else if (key.startsWith(prefix) && (after === undefined || isAfter(key, after))) {
      const bytes = await listedBytes(root, key);
      if (bytes !== null) yield { key, bytes };
    }
  }
}

async function names(root: string, folder: string): Promise<string[]> {
  let entries: Dirent[];
  try {
    entries = await readdir(join(root, folder), { withFileTypes: true });
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) return [];
    throw folderError(error, folder);
  }
  return entries
    .filter((entry) => entry.isFile() || (entry.isDirectory() && !isInternal(folder + entry.name)))
    .map((entry) => (entry.isDirectory() ? `${entry.name}/` : entry.name))
    .sort(compareKeys);
}

/** Null when the object was deleted after its folder was read. */
async function listedBytes(root: string, key: string): Promise<number | null> {
  try {
    return (await lstat(join(root, key))).size;
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) return null;
    throw folderError(error, key);
  }
}

function isAfter(key: string, startAfter: string): boolean {
  return compareKeys(key, startAfter) > 0;
}
