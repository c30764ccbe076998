import {
  type AttemptRecord,
  attemptRecordSchema,
  type Job,
  type JobLimits,
  JobSpecError,
  type Progress,
  progressSchema,
} from '@openevolve-aws/job-spec';
import { jobPrefixes, outputKeys } from '@openevolve-aws/s3-layout';
import type { Backend, BatchJob, CallOptions } from '../backend.ts';
import { concurrently } from './concurrently.ts';
import { currentLimits } from './control-job.ts';
import { findJob } from './find-job.ts';
import { runOf } from './find-run.ts';
import { readStored } from './stored-document.ts';
import { withSignal } from './with-signal.ts';

const READS_AT_ONCE = 16;

/** All that is known of one job. */
export interface JobView {
  /** As it was submitted. */
  readonly job: Job;
  /** As they stand now, with what was asked since. */
  readonly limits: JobLimits;
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
  { signal }: CallOptions = {},
): Promise<JobView> {
  const asked = withSignal(backend, signal);
  const job = await findJob(asked, owner, reference);
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
    for await (const { key } of asked.outputs.list(`${prefix}/${outputKeys.attempts}`)) {
      keys.push(key);
    }
    return concurrently(keys, READS_AT_ONCE, (key) =>
      readStored(asked, 'outputs', attemptRecordSchema, key).catch(passOver),
    );
  };
  const progressKey = `${prefix}/${outputKeys.progress}`;
  const [{ batch }, limits, progress, records] = await Promise.all([
    runOf(asked, job),
    currentLimits(asked, job, passOver),
    readStored(asked, 'outputs', progressSchema, progressKey).catch(passOver),
    readAttempts(),
  ]);
  const attempts = records
    .filter((record) => record !== null)
    .sort((a, b) => a.generation - b.generation);
  const outputUri = backend.outputUri(prefix);
  return { job, limits, batch, progress, attempts, outputUri, problems };
}
