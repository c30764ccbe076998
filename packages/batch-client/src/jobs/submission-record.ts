import { randomUUID } from 'node:crypto';
import {
  type BatchIdRecord,
  type Job,
  type Submission,
  serializeDocument,
  submissionSchema,
} from '@openevolve-aws/job-spec';
import {
  batchIdKey,
  batchJobName,
  inputKeys,
  jobPrefixes,
  submissionOfKey,
  timeIndexKey,
} from '@openevolve-aws/s3-layout';
import type { Backend, CallOptions } from '../backend.ts';
import { claim, readStored } from './stored-document.ts';

/** The newest submission of a job, as far as the store tells. */
export interface RecordedSubmission {
  readonly number: number;
  /** Null when it was not handed over, or nobody could note it. */
  readonly batchJobId: string | null;
}

/**
 * Claims a submission's number and enters it into the index of the owner's submissions.
 *
 * @returns null when someone else has the number.
 */
export async function claimSubmission(
  backend: Backend,
  job: Job,
  number: number,
  afterControl: number,
): Promise<Submission | null> {
  const submission: Submission = {
    version: 1,
    number,
    jobId: job.id,
    batchJobName: batchJobName(job, number),
    entryId: randomUUID(),
    createdAt: new Date().toISOString(),
    afterControl,
  };
  const key = `${jobPrefixes(job.owner, job.id).input}/${inputKeys.submission(number)}`;
  if (!(await claim(backend.inputs, key, serializeDocument(submission)))) {
    return null;
  }
  // Before the submission is handed over: a job that runs is listed, whoever dies when.
  await backend.inputs.put(indexKey(job, submission, null), new Uint8Array());
  return submission;
}

/** Gives a claimed number back, of which it is certain that it became no Batch job. */
export async function releaseSubmission(
  backend: Backend,
  job: Job,
  submission: Submission,
): Promise<void> {
  const key = `${jobPrefixes(job.owner, job.id).input}/${inputKeys.submission(submission.number)}`;
  await backend.inputs.delete([indexKey(job, submission, null), key]);
}

export async function readSubmission(
  backend: Backend,
  job: Job,
  number: number,
): Promise<Submission | null> {
  const key = `${jobPrefixes(job.owner, job.id).input}/${inputKeys.submission(number)}`;
  return readStored(backend, 'inputs', submissionSchema, key);
}

/** Notes which Batch job a submission became. Idempotent. */
export async function recordHandOver(
  backend: Backend,
  job: Job,
  submission: Submission,
  batchJobId: string,
): Promise<void> {
  const record: BatchIdRecord = {
    version: 1,
    batchJobId,
    jobId: job.id,
    owner: job.owner,
    submission: submission.number,
  };
  const handedOver = inputKeys.handedOver(submission.number, batchJobId);
  await Promise.all([
    backend.inputs.put(batchIdKey(job.owner, batchJobId), serializeDocument(record)),
    backend.inputs.put(`${jobPrefixes(job.owner, job.id).input}/${handedOver}`, new Uint8Array()),
    backend.inputs.put(indexKey(job, submission, batchJobId), new Uint8Array()),
  ]);
}

/**
 * The Batch job that a submission became, by what was noted or else by its name, which is noted then.
 */
export async function batchJobIdOf(
  backend: Backend,
  job: Job,
  recorded: RecordedSubmission,
  options: CallOptions = {},
): Promise<string | null> {
  if (recorded.batchJobId !== null) {
    return recorded.batchJobId;
  }
  const batchJobId = await backend.find(batchJobName(job, recorded.number), options);
  const submission = batchJobId && (await readSubmission(backend, job, recorded.number));
  if (submission) {
    await recordHandOver(backend, job, submission, batchJobId);
  }
  return batchJobId;
}

/** Null for a job that was never submitted. One listing. */
export async function newestSubmission(
  backend: Backend,
  owner: string,
  jobId: string,
): Promise<RecordedSubmission | null> {
  let number = 0;
  let batchJobId: string | null = null;
  const prefix = `${jobPrefixes(owner, jobId).input}/${inputKeys.submissions}`;
  for await (const { key } of backend.inputs.list(prefix)) {
    const seen = submissionOfKey(key);
    if (seen && seen.number > number) {
      ({ number, batchJobId } = seen);
    } else if (seen?.number === number) {
      batchJobId ??= seen.batchJobId;
    }
  }
  return number === 0 ? null : { number, batchJobId };
}

function indexKey(job: Job, submission: Submission, batchJobId: string | null): string {
  return timeIndexKey(job.owner, {
    createdAt: submission.createdAt,
    jobId: job.id,
    submission: submission.number,
    name: job.name,
    batchJobId,
  });
}
