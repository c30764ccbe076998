import {
  type AttemptRecord,
  attemptRecordSchema,
  type Job,
  JobSpecError,
  type Progress,
  progressSchema,
} from '@openevolve-aws/job-spec';
import { jobPrefixes, outputKeys } from '@openevolve-aws/s3-layout';
import type { Backend, BatchJob } from '../backend.ts';
import { concurrently } from './concurrently.ts';
import { findJob } from './find-job.ts';
import { runOf } from './find-run.ts';
import { readStored } from './stored-document.ts';

const READS_AT_ONCE = 16;

/** All that is known of one job. */
export interface JobView {
  readonly job: Job;
  readonly batch: BatchJob;
  /** Null until the first attempt has begun. */
  readonly progress: Progress | null;
  /** Over all submissions, in the order in which they began. */
  readonly attempts: readonly AttemptRecord[];
  readonly outputUri: string;
  /** Documents that cannot be read, each in a sentence; what they say is left out. */
  readonly problems: readonly string[];
}

/**
 * Where a job stands.
 *
 * @throws {BatchClientError} `NOT_FOUND` for an unknown job.
 * @example
 * const { batch, progress } = await describeJob(backend, 'alice', 'a1b2c3d4');
 * console.log(batch.status, progress?.ledger.done);
 */
export async function describeJob(
  backend: Backend,
  owner: string,
  reference: string,
): Promise<JobView> {
  const job = await findJob(backend, owner, reference);
  const prefix = jobPrefixes(job.owner, job.id).output;
  const problems: string[] = [];
  const passOver = (error: unknown): null => {
    if (error instanceof JobSpecError) {
      problems.push(error.message);
      return null;
    }
    throw error;
  };
  const readAttempts = async () => {
    const keys: string[] = [];
    for await (const { key } of backend.outputs.list(`${prefix}/${outputKeys.attempts}`)) {
      keys.push(key);
    }
    return concurrently(keys, READS_AT_ONCE, (key) =>
      readStored(backend, 'outputs', attemptRecordSchema, key).catch(passOver),
    );
  };
  const progressKey = `${prefix}/${outputKeys.progress}`;
  const [{ batch }, progress, records] = await Promise.all([
    runOf(backend, job),
    readStored(backend, 'outputs', progressSchema, progressKey).catch(passOver),
    readAttempts(),
  ]);
  const attempts = records
    .filter((record) => record !== null)
    .sort((a, b) => a.generation - b.generation);
  return { job, batch, progress, attempts, outputUri: backend.outputUri(prefix), problems };
}
