import { type Job, jobSchema, parseDocument, serializeDocument } from '@openevolve-aws/job-spec';
import { inputKeys, jobPrefixes } from '@openevolve-aws/s3-layout';
import { throwIfAborted } from '../abort.ts';
import type { Backend, CallOptions } from '../backend.ts';
import { BatchClientError } from '../errors.ts';
import { concurrently } from './concurrently.ts';
import type { JobFile } from './job-files.ts';
import { ensureSubmission, makeSubmission } from './make-submission.ts';
import {
  planSubmission,
  repeated,
  type SubmissionPlan,
  type SubmitRequest,
} from './plan-submission.ts';
import { claim, readBytes } from './stored-document.ts';
import { withSignal } from './with-signal.ts';

export interface SubmittedJob {
  readonly jobId: string;
  readonly batchJobId: string;
  readonly status: 'SUBMITTED';
  readonly owner: string;
  readonly iterations: number;
  readonly outputUri: string;
  readonly warnings: readonly string[];
}

const UPLOADS_AT_ONCE = 16;

/**
 * Uploads what was planned and submits it: inputs first, then `job.json`, which claims the id, and
 * the record of the submission before the submission itself. Everything is created only where
 * nothing is, so no other job's file is ever replaced.
 *
 * @param onStep told before each step that takes a while.
 * @throws {BatchClientError} `CONFLICT` when the id is taken; plan again.
 * @example
 * const plan = await planSubmission(backend, {
 *   owner: 'alice',
 *   program: 'initial_program.py',
 *   evaluator: 'evaluator.py',
 *   iterations: 100,
 *   model: { kind: 'provider' },
 * });
 * const { jobId } = await submitPlan(backend, plan);
 */
export async function submitPlan(
  backend: Backend,
  plan: SubmissionPlan,
  onStep: (step: 'upload' | 'submit') => void = () => undefined,
  { signal }: CallOptions = {},
): Promise<SubmittedJob> {
  let { job } = plan;
  const prefix = jobPrefixes(job.owner, job.id).input;
  onStep('upload');
  const asked = withSignal(backend, signal);
  job = await adopt(asked, job);
  const upload = async ({ key, content }: JobFile): Promise<void> => {
    if (!(await claim(asked.inputs, `${prefix}/${key}`, content))) {
      throw idIsTaken(job);
    }
  };
  // The first one alone: where it is another job's, none of ours comes beside it.
  const [first, ...others] = plan.files;
  await concurrently(first ? [first] : [], 1, upload);
  await concurrently(others, UPLOADS_AT_ONCE, upload);
  const key = `${prefix}/${inputKeys.job}`;
  if (!(await claim(asked.inputs, key, serializeDocument(job)))) {
    job = await adopt(asked, job);
  }

  throwIfAborted(signal);
  onStep('submit');
  const options = { definitionRevision: plan.definitionRevision, signal };
  const { batchJobId, warnings } =
    job.idempotencyKey === undefined
      ? await makeSubmission(backend, job, 1, 0, options)
      : await ensureSubmission(backend, job, options);
  return {
    jobId: job.id,
    batchJobId,
    status: 'SUBMITTED',
    owner: job.owner,
    iterations: job.iterations,
    outputUri: plan.outputUri,
    warnings: [...plan.warnings, ...warnings],
  };
}

/** The job of that id that is stored already, when it is the same one. */
async function adopt(backend: Backend, job: Job): Promise<Job> {
  const key = `${jobPrefixes(job.owner, job.id).input}/${inputKeys.job}`;
  const present = await readBytes(backend.inputs, key);
  if (present === null || Buffer.from(present).equals(serializeDocument(job))) {
    return job;
  }
  const stored = parseDocument(jobSchema, present, backend.inputUri(key));
  if (job.idempotencyKey === undefined || stored.idempotencyKey !== job.idempotencyKey) {
    throw idIsTaken(job);
  }
  return repeated(stored, job);
}

function idIsTaken(job: Job): BatchClientError {
  return new BatchClientError(
    'CONFLICT',
    job.idempotencyKey === undefined
      ? `The id ${job.id} belongs to another job of ${job.owner} already, which was left alone. Submit again: a new id is chosen.`
      : `The idempotency key ${JSON.stringify(job.idempotencyKey)} was used for a request with other files, which were left alone. Use another key for another job.`,
  );
}

/**
 * Checks and submits a job in one call.
 *
 * @returns as soon as the backend has taken it; see `describeJob` and `followLogs` for the rest.
 * @throws {BatchClientError} `INVALID_INPUT` before anything is written. After `UNAVAILABLE` the same
 *   request may be submitted again, without a second job when it has an `idempotencyKey`.
 * @example
 * const { jobId, batchJobId } = await submitJob(backend, {
 *   owner: 'alice',
 *   program: 'initial_program.py',
 *   evaluator: 'evaluator.py',
 *   iterations: 100,
 *   model: { kind: 'provider' },
 * });
 */
export async function submitJob(
  backend: Backend,
  request: SubmitRequest,
  options: CallOptions = {},
): Promise<SubmittedJob> {
  return submitPlan(backend, await planSubmission(backend, request, options), undefined, options);
}
