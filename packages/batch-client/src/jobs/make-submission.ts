import {
  type BatchIdRecord,
  type Job,
  type Submission,
  serializeDocument,
} from '@openevolve-aws/job-spec';
import { batchIdKey, inputKeys, jobPrefixes } from '@openevolve-aws/s3-layout';
import type { Backend } from '../backend.ts';
import { BatchClientError } from '../errors.ts';
import { claim } from './stored-document.ts';

/**
 * Hands a job over to run: the record of the submission first, which claims its number, then the
 * submission, then the way back from the Batch job to the job.
 *
 * @param afterControl the last control request so far.
 * @throws {BatchClientError} `CONFLICT` when someone else has the number; nothing was handed over.
 */
export async function makeSubmission(
  backend: Backend,
  job: Job,
  number: number,
  afterControl: number,
): Promise<{ batchJobId: string }> {
  const submission: Submission = {
    version: 1,
    number,
    jobId: job.id,
    batchJobName: job.name,
    createdAt: new Date().toISOString(),
    afterControl,
  };
  const key = `${jobPrefixes(job.owner, job.id).input}/${inputKeys.submission(number)}`;
  if (!(await claim(backend.inputs, key, serializeDocument(submission)))) {
    throw new BatchClientError(
      'CONFLICT',
      `Submission ${number} of job ${job.id} was just made by someone else; 'openevolve-aws status ${job.id}' shows it.`,
    );
  }
  const batchJobId = await backend.submit({
    batchJobName: job.name,
    owner: job.owner,
    jobId: job.id,
    submission: number,
    vcpus: job.vcpus,
    memoryMib: job.memoryMib,
    model: job.model,
  });
  const record: BatchIdRecord = {
    version: 1,
    batchJobId,
    jobId: job.id,
    owner: job.owner,
    submission: number,
  };
  await backend.inputs.put(batchIdKey(job.owner, batchJobId), serializeDocument(record));
  return { batchJobId };
}
