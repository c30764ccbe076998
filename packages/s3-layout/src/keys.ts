import { MAX_SEQ } from '@openevolve-aws/job-spec';
import { S3LayoutError } from './errors.ts';

const SEQ_DIGITS = 12;

/**
 * A job's prefixes in the two buckets, without a slash at the end. Users write under the input
 * prefix and read under the output prefix; a job does the reverse.
 */
export function jobPrefixes(owner: string, id: string): { input: string; output: string } {
  return {
    input: `${ownerPrefix(owner)}/${id}/input`,
    output: `${ownerPrefix(owner)}/${id}/output`,
  };
}

/** All that an owner has, in either bucket. */
export function ownerPrefix(owner: string): string {
  return `users/${owner}`;
}

/** In the input bucket: which job a Batch job id belongs to. */
export function batchIdKey(owner: string, batchJobId: string): string {
  return `${ownerPrefix(owner)}/by-batch-id/${batchJobId}`;
}

/** Names under a job's input prefix. */
export const inputKeys = {
  job: 'job.json',
  /** The program as uploaded; its own extension is kept, since the language is read from it. */
  program: (extension: string) => `initial_program${extension}`,
  evaluator: (extension: string) => `evaluator${extension}`,
  config: 'config.yaml',
  requirements: 'requirements.txt',
  control: (number: number) => `control/${number}.json`,
  controls: 'control/',
  submission: (number: number) => `submissions/${number}.json`,
  submissions: 'submissions/',
  /** Empty: which Batch job a submission became. */
  handedOver: (number: number, batchJobId: string) => `submissions/${number}/${batchJobId}`,
} as const;

/**
 * The number of a control request's key, or null for a key that is none.
 *
 * @example
 * controlNumberOfKey('control/3.json'); // 3
 */
export function controlNumberOfKey(key: string): number | null {
  return numberOf(/(?:^|\/)control\/([1-9]\d{0,8})\.json$/, key);
}

/**
 * What a key under `submissions/` says: a submission was claimed, or became a Batch job. Null for a
 * key that is none.
 */
export function submissionOfKey(key: string): { number: number; batchJobId: string | null } | null {
  const match = /(?:^|\/)submissions\/([1-9]\d{0,8})(?:\.json|\/([\w-]+))$/.exec(key);
  return match ? { number: Number(match[1]), batchJobId: match[2] ?? null } : null;
}

/** The generation and the number of a trace segment's key, or null for a key that is none. */
export function traceSegmentOfKey(key: string): { generation: number; number: number } | null {
  const match = /(?:^|\/)trace\/([1-9]\d{0,11})-([1-9]\d{0,8})\.jsonl$/.exec(key);
  return match ? { generation: Number(match[1]), number: Number(match[2]) } : null;
}

/**
 * The generation and the number of a pack's key, or null for a key that is none. Only the key as
 * {@link outputKeys} makes it is taken, without anything before or after it.
 *
 * @example
 * packOfKey('packs/7-3'); // { generation: 7, number: 3 }
 */
export function packOfKey(key: string): { generation: number; number: number } | null {
  const match = /^packs\/([1-9]\d{0,11})-([1-9]\d{0,11})$/.exec(key);
  return match ? { generation: Number(match[1]), number: Number(match[2]) } : null;
}

function numberOf(pattern: RegExp, key: string): number | null {
  const match = pattern.exec(key);
  return match ? Number(match[1]) : null;
}

/** Names under a job's output prefix. */
export const outputKeys = {
  bestProgram: (extension: string) => `best_program${extension}`,
  summary: 'evolution_summary.json',
  logs: 'logs/',
  log: (name: string) => `logs/${name}`,
  best: (name: string) => `best/${name}`,
  progress: 'progress.json',
  attempts: 'attempts/',
  attempt: (generation: number) => `attempts/${generation}.json`,
  traces: 'trace/',
  trace: (generation: number, number: number) => `trace/${generation}-${number}.jsonl`,
  commits: 'commits/',
  commit: (seq: number) => `commits/${formatSeq(seq)}.json`,
  packs: 'packs/',
  pack: (generation: number, number: number) => `packs/${generation}-${number}`,
  checkpoints: 'checkpoints/',
  checkpoint: (label: string) => `checkpoints/${label}/`,
} as const;

/** Sequence numbers sort as text. */
export function formatSeq(seq: number): string {
  if (!Number.isInteger(seq) || seq < 1 || seq > MAX_SEQ) {
    throw new S3LayoutError('INVALID_KEY', `${seq} is not a sequence number from 1 to ${MAX_SEQ}.`);
  }
  return String(seq).padStart(SEQ_DIGITS, '0');
}

/**
 * The sequence number of a log entry's key, or null for a key that is none.
 *
 * @example
 * seqOfCommitKey('commits/000000000042.json'); // 42
 */
export function seqOfCommitKey(key: string): number | null {
  return numberOf(/(?:^|\/)commits\/(\d{12})\.json$/, key);
}
