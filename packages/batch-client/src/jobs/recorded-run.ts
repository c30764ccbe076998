import { attemptRecordSchema } from '@openevolve-aws/job-spec';
import { batchJobName, jobPrefixes, outputKeys } from '@openevolve-aws/s3-layout';
import type { Backend, BatchJob } from '../backend.ts';
import { HAND_OVER_MS } from './make-submission.ts';
import { readStored } from './stored-document.ts';

/** What the store says of a submission that the backend does not know. */
export interface SubmissionFacts {
  readonly owner: string;
  readonly jobId: string;
  readonly name: string;
  readonly submission: number;
  readonly createdAt: string;
  readonly batchJobId: string | null;
}

/** A new Batch job may take a while until it can be described. */
const NOT_SHOWN_YET_MS = 15 * 60_000;

/** Whether a backend may not show yet what was handed over then. */
export function mayBeUnseen(createdAt: string): boolean {
  return Date.now() - Date.parse(createdAt) < NOT_SHOWN_YET_MS;
}

/**
 * How a submission stands that the backend does not know: it is not shown yet, it was never handed
 * over, or it has ended and is forgotten; AWS Batch forgets after some days. Then the job's own
 * records tell how it ended.
 */
export async function recordedRun(backend: Backend, facts: SubmissionFacts): Promise<BatchJob> {
  const { owner, jobId, submission, createdAt, batchJobId } = facts;
  const run = {
    batchJobId,
    batchJobName: batchJobName({ name: facts.name, id: jobId }, submission),
    owner,
    jobId,
    submission,
    createdAt,
    startedAt: null,
    stoppedAt: null,
    attempts: [],
  };
  const isUnderWay =
    batchJobId === null
      ? Date.now() - Date.parse(createdAt) < HAND_OVER_MS
      : mayBeUnseen(createdAt);
  if (isUnderWay) {
    return { ...run, status: 'SUBMITTED', statusReason: 'It is being handed over.' };
  }
  const attempt = await lastAttempt(backend, owner, jobId);
  if (attempt?.submission === submission) {
    const { startedAt, ended } = attempt;
    return {
      ...run,
      batchJobId: batchJobId ?? attempt.batchJobId,
      startedAt,
      stoppedAt: ended?.at ?? null,
      status: ended?.how === 'done' ? 'SUCCEEDED' : 'FAILED',
      statusReason: ended?.reason ?? 'Its last attempt left no word; resume it to go on.',
    };
  }
  return {
    ...run,
    status: 'FAILED',
    statusReason:
      batchJobId === null
        ? 'It was never handed over, since submitting was cut short; resume it.'
        : 'No attempt of it ever began, and why is forgotten; resume it.',
  };
}

async function lastAttempt(backend: Backend, owner: string, jobId: string) {
  const prefix = `${jobPrefixes(owner, jobId).output}/${outputKeys.attempts}`;
  let last = 0;
  for await (const { key } of backend.outputs.list(prefix)) {
    last = Math.max(last, Number(/(\d+)\.json$/.exec(key)?.[1] ?? 0));
  }
  const key = `${jobPrefixes(owner, jobId).output}/${outputKeys.attempt(last)}`;
  return last === 0 ? null : readStored(backend, 'outputs', attemptRecordSchema, key);
}
