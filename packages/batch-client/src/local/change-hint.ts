import { watch } from 'node:fs';

/**
 * Tells of changes in a file or folder as far as the system can: some file systems report none, and
 * a system has only so many watches. A hint only, so the caller looks by itself from time to time.
 *
 * @returns ends it.
 */
export function hintOfChanges(path: string, onChange: () => void): () => void {
  try {
    const watcher = watch(path, onChange);
    watcher.once('error', () => watcher.close());
    return () => watcher.close();
  } catch {
    return () => undefined;
  }
}
