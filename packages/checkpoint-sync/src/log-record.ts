import { JobSpecError, logEntrySchema, parseJson, requireVersion } from '@openevolve-aws/job-spec';
import { outputKeys } from '@openevolve-aws/s3-layout';
import { CheckpointSyncError, isSyncError } from './errors.ts';
import type { LogRecord } from './job-state.ts';
import { MAX_ENTRY_BYTES } from './limits.ts';

const ENTRY_VERSION = 1;

/** Parses what lies at a place of the log. What cannot be read is a record too. */
export function parseRecord(seq: number, content: Uint8Array): LogRecord {
  const key = outputKeys.commit(seq);
  const unreadable = (reason: string, cause?: unknown) => unreadableRecord(seq, reason, cause);
  if (content.byteLength > MAX_ENTRY_BYTES) return tooLargeRecord(seq);
  let value: unknown;
  try {
    value = parseJson(content, key);
    requireVersion(value, ENTRY_VERSION, key);
  } catch (cause) {
    if (!(cause instanceof JobSpecError)) throw cause;
    return unreadable(`cannot be read: ${cause.message}`, cause);
  }
  const parsed = logEntrySchema.safeParse(value);
  if (!parsed.success) return unreadable('breaks the schema of an entry', parsed.error);
  const entry = parsed.data;
  if (entry.seq !== seq) return unreadable(`holds entry ${entry.seq}, so it was copied or damaged`);
  const ownGeneration = entry.kind === 'claim' ? entry.generation === seq : entry.generation < seq;
  if (!ownGeneration) return unreadable(`names generation ${entry.generation}, which cannot be`);
  if (entry.kind === 'prune' && ![...entry.live, ...entry.dropped].every((one) => one < seq)) {
    return unreadable('names entries that come after it');
  }
  return { seq, entry, problem: null };
}

/** What is known of a place without reading it: its object is larger than any entry. */
export function tooLargeRecord(seq: number): LogRecord {
  return unreadableRecord(seq, 'is larger than any entry');
}

function unreadableRecord(seq: number, reason: string, cause?: unknown): LogRecord {
  const isUnknown = cause instanceof JobSpecError && cause.code === 'UNKNOWN_VERSION';
  const code = isUnknown ? 'UNKNOWN_VERSION' : 'DAMAGED';
  const message = `${outputKeys.commit(seq)} ${reason}.`;
  return { seq, entry: null, problem: new CheckpointSyncError(code, message, { cause }) };
}

/**
 * Refuses a log of which a newer release wrote a part: what it says there may forbid a write, or be
 * the newest commit.
 *
 * @throws {CheckpointSyncError} `UNKNOWN_VERSION`
 */
export function refuseUnknown(records: readonly LogRecord[]): void {
  const unknown = records.find(({ problem }) => isSyncError(problem, 'UNKNOWN_VERSION'));
  if (unknown?.problem) throw unknown.problem;
}
