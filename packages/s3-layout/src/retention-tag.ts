import { outputKeys } from './keys.ts';

/**
 * The object tag that opens a job's output to the lifecycle rules. An object without it is kept for
 * ever, so the data of a running or interrupted job can never be expired under it.
 *
 * Whoever resumes a job removes the tag from its objects before the new attempt claims: S3 counts
 * an object's age from its creation, so one that is tagged again may be due at once.
 */
export const retentionTag = {
  key: 'openevolve-state',
  /** Results, logs and plain checkpoints of a job that ended with its results written. */
  finished: 'finished',
  /** Logs and plain files of a job that ended without results. */
  failed: 'failed',
  /** What a job that ended, in either way, is resumed from: its log, packs, attempts and trace. */
  resumable: 'resumable',
  /** A newer object took its place, such as a plain checkpoint by the final one. */
  superseded: 'superseded',
} as const;

const resumedFrom = [
  outputKeys.commits,
  outputKeys.packs,
  outputKeys.attempts,
  outputKeys.traces,
] as const;

/** How a job ended. */
export interface EndedJob {
  /** Whether its results were written. */
  readonly finished: boolean;
  /** The label of the plain checkpoint that its results are from; null when there is none. */
  readonly checkpoint: string | null;
}

/**
 * The value of the tag for an object of a job that has ended.
 *
 * @param key below the job's output prefix.
 * @example
 * retentionOf('packs/7-3', { finished: true, checkpoint: 'checkpoint_100' }); // 'resumable'
 */
export function retentionOf(
  key: string,
  { finished, checkpoint }: EndedJob,
): 'finished' | 'failed' | 'resumable' | 'superseded' {
  if (resumedFrom.some((prefix) => key.startsWith(prefix))) {
    return retentionTag.resumable;
  }
  const isOlderCheckpoint =
    checkpoint !== null &&
    key.startsWith(outputKeys.checkpoints) &&
    !key.startsWith(outputKeys.checkpoint(checkpoint));
  if (isOlderCheckpoint) {
    return retentionTag.superseded;
  }
  return finished ? retentionTag.finished : retentionTag.failed;
}
