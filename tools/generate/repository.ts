import path from 'node:path';

const root = path.join(import.meta.dirname, '../..');

/** An absolute path to something in the repository. */
export function inRepository(relative: string): string {
  return path.join(root, relative);
}
