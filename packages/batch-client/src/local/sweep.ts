import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { LocalHome } from './home.ts';
import { listJson } from './json-file.ts';

/** A submission keeps its keys before it makes its record, and takes no longer than this. */
const SUBMITTING_MS = 10 * 60_000;
const UUID_LENGTH = 36;

/**
 * Removes what ended jobs, and submissions that died half way, have left behind: work folders,
 * notices and provider keys.
 *
 * @param hasEnded what is known of the jobs that have a record.
 */
export async function sweep(
  home: LocalHome,
  hasEnded: (batchJobId: string) => boolean,
): Promise<void> {
  for (const folder of [home.work, home.notices, home.secrets]) {
    const names = await namesIn(folder);
    const jobs = new Set(await listJson(home.jobs));
    for (const name of names) {
      const path = join(folder, name);
      const batchJobId = name.slice(0, UUID_LENGTH);
      const isLeft = jobs.has(batchJobId)
        ? hasEnded(batchJobId)
        : await isOlderThan(path, SUBMITTING_MS);
      if (isLeft) {
        await rm(path, { recursive: true, force: true });
      }
    }
  }
}

async function namesIn(folder: string): Promise<string[]> {
  return readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') {
      return [];
    }
    throw error;
  });
}

async function isOlderThan(path: string, milliseconds: number): Promise<boolean> {
  return Date.now() - (await stat(path)).mtimeMs > milliseconds;
}
