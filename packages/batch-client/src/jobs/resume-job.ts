import { type Control, type Job, summarySchema } from '@openevolve-aws/job-spec';
import { jobPrefixes, outputKeys } from '@openevolve-aws/s3-layout';
import { type Backend, isTerminal } from '../backend.ts';
import { BatchClientError } from '../errors.ts';
import { clearRetention } from './clear-retention.ts';
import { lastControl, storeControl } from './control-job.ts';
import { findRun } from './find-run.ts';
import { makeSubmission } from './make-submission.ts';
import { readStored } from './stored-document.ts';

export interface ResumeRequest {
  /** How many in all from now on; as before without it. */
  readonly iterations?: number | undefined;
  /** What the whole job may spend from now on; as before without it. */
  readonly cap?: { readonly usd?: number | undefined; readonly tokens?: number | undefined };
  /** Which revision of the owner's job definition; the newest without it. */
  readonly definitionRevision?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface ResumedJob {
  readonly jobId: string;
  readonly batchJobId: string;
  readonly submission: number;
  readonly warnings: readonly string[];
}

/**
 * Lets a job that has ended go on under its own id, from its newest commit, with its ledger: after
 * it failed, was cancelled or stopped, or was done and is to do more.
 *
 * @throws {BatchClientError} `CONFLICT` while it still runs, when it is done and no more is asked for,
 *   and when someone else resumes it at the same moment.
 * @example
 * const { batchJobId } = await resumeJob(backend, 'alice', 'a1b2c3d4', { iterations: 500 });
 */
export async function resumeJob(
  backend: Backend,
  owner: string,
  reference: string,
  { iterations, cap, definitionRevision, signal }: ResumeRequest = {},
): Promise<ResumedJob> {
  const { job, batch } = await findRun(backend, owner, reference);
  const { status } = batch;
  if (!isTerminal(status)) {
    throw new BatchClientError(
      'CONFLICT',
      `Job ${job.id} has not ended (${status}); it goes on by itself.`,
    );
  }
  const done = status === 'SUCCEEDED' ? await iterationsDone(backend, job) : 0;
  if (status === 'SUCCEEDED' && (iterations ?? 0) <= done) {
    throw new BatchClientError(
      'CONFLICT',
      `Job ${job.id} is done with ${done} iterations; name a larger number to let it go on.`,
    );
  }
  await clearRetention(backend, job, { signal });
  // Before the count of requests is taken, so that it is part of what the submission builds on.
  const changes: Control['request'][] = [
    ...(iterations === undefined ? [] : [{ kind: 'extend' as const, iterations }]),
    ...(cap === undefined ? [] : [{ kind: 'cap' as const, ...cap }]),
  ];
  for (const change of changes) {
    await storeControl(backend, job, change);
  }
  const afterControl = await lastControl(backend, job);
  const handedOver = await makeSubmission(backend, job, batch.submission + 1, afterControl, {
    definitionRevision,
    signal,
  });
  return { jobId: job.id, ...handedOver };
}

async function iterationsDone(backend: Backend, job: Job): Promise<number> {
  const key = `${jobPrefixes(job.owner, job.id).output}/${outputKeys.summary}`;
  const summary = await readStored(backend, 'outputs', summarySchema, key);
  return summary?.iterations.completed ?? 0;
}
