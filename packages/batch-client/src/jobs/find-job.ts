import {
  batchIdRecordSchema,
  type Job,
  jobIdSchema,
  jobNameSchema,
  jobSchema,
} from '@openevolve-aws/job-spec';
import {
  batchIdKey,
  inputKeys,
  jobIdOfName,
  jobPrefixes,
  timeIndexEntryOfKey,
  timeIndexPrefix,
} from '@openevolve-aws/s3-layout';
import { z } from 'zod';
import type { Backend, CallOptions } from '../backend.ts';
import { BatchClientError } from '../errors.ts';
import { readStored } from './stored-document.ts';
import { withSignal } from './with-signal.ts';

/**
 * A job by its short id, a Batch job id, a Batch job's name, or the job's own name when only one job
 * has it.
 *
 * @throws {BatchClientError} `INVALID_INPUT` for what is none of these, `NOT_FOUND` for an unknown
 *   one, `CONFLICT` for the name of several.
 * @example
 * const job = await findJob(backend, 'alice', 'a1b2c3d4');
 */
export async function findJob(
  backend: Backend,
  owner: string,
  reference: string,
  { signal }: CallOptions = {},
): Promise<Job> {
  const asked = withSignal(backend, signal);
  for (const look of [jobIdIn, jobIdByName]) {
    const id = await look(asked, owner, reference);
    const job = id === null ? null : await readJob(asked, owner, id);
    if (job) {
      return job;
    }
  }
  throw new BatchClientError(
    'NOT_FOUND',
    `${owner} has no job ${reference}; 'openevolve-aws list' shows those that there are.`,
  );
}

export async function readJob(backend: Backend, owner: string, id: string): Promise<Job | null> {
  const key = `${jobPrefixes(owner, id).input}/${inputKeys.job}`;
  return readStored(backend, 'inputs', jobSchema, key);
}

/** What the reference says by itself, or what is noted of a Batch job id. */
async function jobIdIn(backend: Backend, owner: string, reference: string): Promise<string | null> {
  if (jobIdSchema.safeParse(reference).success) {
    return reference;
  }
  if (z.uuid().safeParse(reference).success) {
    const key = batchIdKey(owner, reference);
    const record = await readStored(backend, 'inputs', batchIdRecordSchema, key);
    if (record) {
      return record.jobId;
    }
    // Whoever submitted it may have died before it was noted.
    const [known] = await backend.describe([reference]);
    return known?.owner === owner ? known.jobId : null;
  }
  if (!jobNameSchema.safeParse(reference).success) {
    throw new BatchClientError(
      'INVALID_INPUT',
      `${JSON.stringify(reference)} names no job: give its short id (8 hexadecimal digits), its Batch job id or its name; 'openevolve-aws list' shows them.`,
    );
  }
  return jobIdOfName(reference);
}

async function jobIdByName(backend: Backend, owner: string, name: string): Promise<string | null> {
  const ids = new Set<string>();
  for await (const { key } of backend.inputs.list(timeIndexPrefix(owner))) {
    const entry = timeIndexEntryOfKey(key);
    if (entry?.name === name) {
      ids.add(entry.jobId);
    }
  }
  if (ids.size > 1) {
    throw new BatchClientError(
      'CONFLICT',
      `${ids.size} jobs have the name ${name}, the newest first: ${[...ids].slice(0, 5).join(', ')}${ids.size > 5 ? ', ...' : ''}. Give the short id of one.`,
    );
  }
  const [id = null] = ids;
  return id;
}
