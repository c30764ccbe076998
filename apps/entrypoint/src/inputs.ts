import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import {
  type ContainerEnvironment,
  type Job,
  JobSpecError,
  jobSchema,
  parseDocument,
} from '@openevolve-aws/job-spec';
import { isStoreError, type ObjectStore } from '@openevolve-aws/object-store';
import { inputKeys } from '@openevolve-aws/s3-layout';
import { EntrypointError } from './errors.ts';

/**
 * Reads the job's document and makes sure that it is the job that the environment names.
 *
 * @throws {EntrypointError} `INPUT_MISSING`, `BAD_SPEC`.
 */
export async function readJob(
  inputs: ObjectStore,
  environment: ContainerEnvironment,
): Promise<Job> {
  const content = await getInput(inputs, inputKeys.job);
  let job: Job;
  try {
    job = parseDocument(jobSchema, content, inputKeys.job);
  } catch (cause) {
    if (cause instanceof JobSpecError) {
      throw new EntrypointError('BAD_SPEC', cause.message, { cause });
    }
    throw cause;
  }
  if (job.id !== environment.JOB_SHORT_ID || job.owner !== environment.JOB_OWNER) {
    throw new EntrypointError(
      'BAD_SPEC',
      `The input prefix holds job ${job.id} of ${job.owner}, and the environment names ${environment.JOB_SHORT_ID} of ${environment.JOB_OWNER}.`,
    );
  }
  return job;
}

/**
 * Downloads every input that the job names and compares it with what was submitted.
 *
 * @throws {EntrypointError} `INPUT_MISSING`, naming the input.
 */
export async function downloadInputs(
  inputs: ObjectStore,
  job: Job,
  directory: string,
): Promise<void> {
  for (const [name, expected] of Object.entries(job.inputs)) {
    const content = await getInput(inputs, name);
    const sha256 = createHash('sha256').update(content).digest('hex');
    if (content.byteLength !== expected.bytes || sha256 !== expected.sha256) {
      throw new EntrypointError(
        'INPUT_MISSING',
        `The input ${name} differs from what was submitted. Submit the job again.`,
      );
    }
    const path = join(directory, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, content);
  }
}

async function getInput(inputs: ObjectStore, name: string): Promise<Uint8Array> {
  try {
    return await inputs.get(name);
  } catch (cause) {
    if (isStoreError(cause, 'NOT_FOUND')) {
      throw new EntrypointError(
        'INPUT_MISSING',
        `The input ${name} is missing under the job's input prefix. Submit the job again.`,
        { cause },
      );
    }
    throw cause;
  }
}
