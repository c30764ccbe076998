import { batchIdRecordSchema, type Job, jobIdSchema, jobSchema } from '@openevolve-aws/job-spec';
import { batchIdKey, inputKeys, jobPrefixes } from '@openevolve-aws/s3-layout';
import { z } from 'zod';
import type { Backend } from '../backend.ts';
import { BatchClientError } from '../errors.ts';
import { readStored } from './stored-document.ts';

/**
 * A job by its short id or by a Batch job id.
 *
 * @throws {BatchClientError} `INVALID_INPUT` for what is neither, `NOT_FOUND` for an unknown one.
 * @example
 * const job = await findJob(backend, 'alice', 'a1b2c3d4');
 */
export async function findJob(backend: Backend, owner: string, reference: string): Promise<Job> {
  const id = await jobIdOf(backend, owner, reference);
  const key = `${jobPrefixes(owner, id).input}/${inputKeys.job}`;
  const job = await readStored(backend, 'inputs', jobSchema, key);
  if (!job) {
    throw unknownJob(owner, reference);
  }
  return job;
}

async function jobIdOf(backend: Backend, owner: string, reference: string): Promise<string> {
  if (jobIdSchema.safeParse(reference).success) {
    return reference;
  }
  if (!z.uuid().safeParse(reference).success) {
    throw new BatchClientError(
      'INVALID_INPUT',
      `${JSON.stringify(reference)} names no job: give its short id (8 hexadecimal digits) or its Batch job id; 'openevolve-aws list' shows both.`,
    );
  }
  const key = batchIdKey(owner, reference);
  const record = await readStored(backend, 'inputs', batchIdRecordSchema, key);
  if (!record) {
    throw unknownJob(owner, reference);
  }
  return record.jobId;
}

function unknownJob(owner: string, reference: string): BatchClientError {
  return new BatchClientError(
    'NOT_FOUND',
    `${owner} has no job ${reference}; 'openevolve-aws list' shows those that there are.`,
  );
}
