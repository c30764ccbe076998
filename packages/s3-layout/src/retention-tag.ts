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
  /** Logs and plain files of a job that ended without results; not its commits and packs. */
  failed: 'failed',
  /** Commits and packs of a job that ended, in either way: with them it can be resumed. */
  resumable: 'resumable',
  /** A newer object took its place, such as a plain checkpoint by the final one. */
  superseded: 'superseded',
} as const;
