import { ownerPrefix } from './keys.ts';

/** One entry of the index. Its object is empty: the key says everything. */
export interface TimeIndexEntry {
  /** ISO 8601, to the millisecond. */
  readonly createdAt: string;
  readonly jobId: string;
  readonly submission: number;
  /** The job's name, for people. */
  readonly name: string;
  /** Null in the entry that is made before the submission is handed over. */
  readonly batchJobId: string | null;
}

const LATEST_MS = 9_999_999_999_999;
const MS_DIGITS = 13;

/** Under which an owner's submissions are listed. */
export function timeIndexPrefix(owner: string): string {
  return `${ownerPrefix(owner)}/by-time/`;
}

/**
 * In the input bucket: the submissions of an owner in the order of a listing, newest first. Each has
 * an entry from before it is handed over, and behind it one that names its Batch job.
 */
export function timeIndexKey(owner: string, entry: TimeIndexEntry): string {
  const age = String(LATEST_MS - Date.parse(entry.createdAt)).padStart(MS_DIGITS, '0');
  const parts = [age, entry.jobId, entry.submission, entry.name];
  if (entry.batchJobId !== null) {
    parts.push(entry.batchJobId);
  }
  return timeIndexPrefix(owner) + parts.join('.');
}

/**
 * The entry of a key, or null for a key that is none.
 *
 * @example
 * timeIndexEntryOfKey(key)?.jobId; // '0a1b2c3d'
 */
export function timeIndexEntryOfKey(key: string): TimeIndexEntry | null {
  const match = /\/by-time\/(\d{13})\.([0-9a-f]{8})\.([1-9]\d{0,8})\.([\w-]+)(?:\.([\w-]+))?$/.exec(
    key,
  );
  if (!match) {
    return null;
  }
  const [, age, jobId = '', submission, name = '', batchJobId = null] = match;
  return {
    createdAt: new Date(LATEST_MS - Number(age)).toISOString(),
    jobId,
    submission: Number(submission),
    name,
    batchJobId,
  };
}
