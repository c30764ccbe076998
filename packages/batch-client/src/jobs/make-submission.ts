import {
  type BatchIdRecord,
  type Job,
  type Submission,
  serializeDocument,
} from '@openevolve-aws/job-spec';
import { batchIdKey, inputKeys, jobPrefixes } from '@openevolve-aws/s3-layout';
import type { Backend } from '../backend.ts';

/**
 * Hands a job over to run: the record of the submission first, which claims its number, then the
 * submission, then the way back from the Batch job to the job.
 *
 * @param afterControl the last control request so far.
 * @throws {ObjectStoreError} `ALREADY_EXISTS` when the number is taken.
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
  await backend.inputs.putIfAbsent(
    `${jobPrefixes(job.owner, job.id).input}/${inputKeys.submission(number)}`,
    serializeDocument(submission),
  );
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
