/**
 * The object tag that opens a job's output to the lifecycle rules. An object without it is kept for
 * ever, so the data of a running or interrupted job can never be expired under it.
 *
 * Whoever resumes a job removes the tag from its objects before the new attempt claims: S3 counts
 * an object's age from its creation, so one that is tagged again may be due at once.
 */
export const retentionTag = {
  key: 'openevolve-state',
  /** The job ended with its results written. */
  finished: 'finished',
  /** The job ended without results and may still be resumed. */
  failed: 'failed',
  /** A newer object took its place, such as a plain checkpoint by the final one. */
  superseded: 'superseded',
} as const;
