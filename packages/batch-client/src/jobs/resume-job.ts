import {
  type Control,
  type JobLimits,
  type Summary,
  summarySchema,
  timeLeftMs,
} from '@openevolve-aws/job-spec';
import { jobPrefixes, outputKeys } from '@openevolve-aws/s3-layout';
import { type Backend, isTerminal } from '../backend.ts';
import { BatchClientError } from '../errors.ts';
import { clearRetention } from './clear-retention.ts';
import { lastControl, storeControl } from './control-job.ts';
import { describeJob, type JobView } from './describe-job.ts';
import { makeSubmission } from './make-submission.ts';
import { readStored } from './stored-document.ts';
import { withSignal } from './with-signal.ts';

export interface ResumeRequest {
  /** How many in all from now on; as before without it. */
  readonly iterations?: number | undefined;
  /** What the whole job may spend from now on; as before without it. */
  readonly cap?: { readonly usd?: number | undefined; readonly tokens?: number | undefined };
  /** How long the whole job may run from now on, over all attempts; as before without it. */
  readonly timeoutSeconds?: number | undefined;
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
 *   when its time limit is used up, and when someone else resumes it at the same moment.
 * @example
 * const { batchJobId } = await resumeJob(backend, 'alice', 'a1b2c3d4', { iterations: 500 });
 */
export async function resumeJob(
  backend: Backend,
  owner: string,
  reference: string,
  { iterations, cap, timeoutSeconds, definitionRevision, signal }: ResumeRequest = {},
): Promise<ResumedJob> {
  const asked = withSignal(backend, signal);
  const view = await describeJob(asked, owner, reference);
  const { job, batch } = view;
  const { status } = batch;
  if (!isTerminal(status)) {
    throw new BatchClientError(
      'CONFLICT',
      `Job ${job.id} has not ended (${status}); it goes on by itself.`,
    );
  }
  if (status === 'SUCCEEDED') {
    const summary = await readSummary(asked, view);
    // Of a run that met its target, or stopped early, nothing is left to do up to what was asked for.
    const done = Math.max(summary?.iterations.completed ?? 0, summary?.iterations.asked ?? 0);
    if ((iterations ?? 0) <= done) {
      throw new BatchClientError('CONFLICT', isDone(view, summary, done));
    }
  }
  refuseWithoutTime(view, timeoutSeconds ?? view.limits.timeoutSeconds);
  await clearRetention(asked, job);
  // Before the count of requests is taken, so that it is part of what the submission builds on.
  const changes: Control['request'][] = [
    ...(iterations === undefined ? [] : [{ kind: 'extend' as const, iterations }]),
    ...(cap === undefined ? [] : [{ kind: 'cap' as const, ...cap }]),
    ...(timeoutSeconds === undefined
      ? []
      : [{ kind: 'timeout' as const, seconds: timeoutSeconds }]),
  ];
  for (const change of changes) {
    await storeControl(asked, job, change);
  }
  const afterControl = await lastControl(asked, job);
  const handedOver = await makeSubmission(backend, job, batch.submission + 1, afterControl, {
    definitionRevision,
    signal,
  });
  return { jobId: job.id, ...handedOver };
}

function isDone({ job }: JobView, summary: Summary | null, done: number): string {
  const how =
    summary?.outcome === 'target'
      ? ', since it met its target,'
      : summary?.outcome === 'early-stop'
        ? ', since it stopped early,'
        : '';
  const completed = summary?.iterations.completed ?? 0;
  return `Job ${job.id} is done with ${completed} iterations${how} and goes on when more than ${done} are asked for.`;
}

/** An attempt of it would end before it has begun. */
function refuseWithoutTime(
  { job, attempts }: JobView,
  timeoutSeconds: JobLimits['timeoutSeconds'],
) {
  const left = timeLeftMs(timeoutSeconds, attempts);
  if (left !== null && left <= 0) {
    throw new BatchClientError(
      'CONFLICT',
      `Job ${job.id} has used up its time limit of ${timeoutSeconds} s, which is for all attempts together: give it a longer one, 'openevolve-aws resume ${job.id} --timeout ...'.`,
    );
  }
}

function readSummary(backend: Backend, { job }: JobView): Promise<Summary | null> {
  const key = `${jobPrefixes(job.owner, job.id).output}/${outputKeys.summary}`;
  return readStored(backend, 'outputs', summarySchema, key);
}
