import { setTimeout } from 'node:timers/promises';
import type { Notice } from '@openevolve-aws/job-spec';
import { readNotice } from './notice-file.ts';

const LOOK_MS = 1_000;

/**
 * Watches for notices until the signal aborts, and reports each new one once.
 *
 * @param path the file that the host writes.
 */
export async function watchNotices(
  path: string,
  signal: AbortSignal,
  onNotice: (notice: Notice) => void,
): Promise<void> {
  let last = '';
  while (!signal.aborted) {
    await setTimeout(LOOK_MS, undefined, { signal }).catch(() => undefined);
    const notice = await readNotice(path);
    const seen = JSON.stringify(notice);
    if (notice && seen !== last) {
      last = seen;
      onNotice(notice);
    }
  }
}
