import { setTimeout } from 'node:timers/promises';
import type { Notice } from '@openevolve-aws/job-spec';
import type { NoticeSource } from './notice-source.ts';

/** AWS asks for a look every five seconds or more often; a commit must follow within five. */
const LOOK_MS = 1_000;

/**
 * Watches for notices until the signal aborts, and reports each new one once. A source that cannot
 * be read is asked again: it may be mounted, or written, a moment later.
 *
 * @param onProblem told why a source cannot be read, once a reason.
 */
export async function watchNotices(
  source: NoticeSource,
  signal: AbortSignal,
  onNotice: (notice: Notice) => void,
  onProblem: (reason: string) => void,
): Promise<void> {
  if (source.kind === 'none') {
    return;
  }
  let last = '';
  let problem = '';
  while (!signal.aborted) {
    const notice = await source.read().catch((error: unknown) => {
      if (problem !== String(error)) {
        problem = String(error);
        onProblem(problem);
      }
      return null;
    });
    const seen = JSON.stringify(notice);
    if (notice && seen !== last && !signal.aborted) {
      last = seen;
      onNotice(notice);
    }
    await setTimeout(LOOK_MS, undefined, { signal }).catch(() => undefined);
  }
}
