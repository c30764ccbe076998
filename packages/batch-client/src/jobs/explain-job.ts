import {
  type AttemptRecord,
  containerExitCodes,
  type Job,
  type JobLimits,
  timeLeftMs,
} from '@openevolve-aws/job-spec';
import { type Backend, type CallOptions, isTerminal } from '../backend.ts';
import { describeJob, type JobView } from './describe-job.ts';

/** Why a job is where it is. */
export interface Explanation {
  readonly jobId: string;
  /** Stable, for a program: `WAITING`, `RUNNING`, `DONE`, `CANCELLED`, `FAILED`, or the name of the
   * container's exit code, such as `BAD_PROGRAM`. */
  readonly code: string;
  /** One sentence, or two when there is something to do. */
  readonly sentence: string;
  /** What to do; null when nothing is to be done. */
  readonly next: string | null;
}

/**
 * Why a job waits, runs on or has failed, in one sentence, with what to do.
 *
 * While it waits, the queue, its place in it and its machines are asked. When it has failed, its own
 * record of the last attempt says most, then the exit code, then the backend.
 *
 * @throws {BatchClientError} `NOT_FOUND` for an unknown job.
 * @example
 * const { sentence, next } = await explainJob(backend, 'alice', 'a1b2c3d4');
 */
export async function explainJob(
  backend: Backend,
  owner: string,
  reference: string,
  options: CallOptions = {},
): Promise<Explanation> {
  const view = await describeJob(backend, owner, reference, options);
  const { status, batchJobId } = view.batch;
  if (isTerminal(status) || status === 'RUNNING' || batchJobId === null) {
    return explainView(view);
  }
  return explainView(view, await backend.explainWait(batchJobId, options));
}

/**
 * The same from what is known already. Pure.
 *
 * @param wait why it waits, as the backend says.
 */
export function explainView(view: JobView, wait: string | null = null): Explanation {
  const { job, batch } = view;
  const { status, statusReason } = batch;
  switch (status) {
    case 'SUCCEEDED':
      return {
        jobId: job.id,
        code: 'DONE',
        sentence: `It is done${progressOf(view)}.`,
        next: `Download its results: openevolve-aws results ${job.id}.`,
      };
    case 'RUNNING': {
      const earlier = batch.attempts.length - 1;
      const before = earlier > 0 ? `, its ${ordinal(earlier + 1)} attempt` : '';
      return {
        jobId: job.id,
        code: 'RUNNING',
        sentence: `It runs${before}${progressOf(view)}.`,
        next: null,
      };
    }
    case 'FAILED':
      return explainFailure(view);
    default: {
      const last = batch.attempts.at(-1);
      const again = last
        ? ` for its ${ordinal(batch.attempts.length + 1)} attempt, after: ${trimmed(last.reason ?? 'an end without a reason')}`
        : '';
      const why = wait ?? statusReason;
      return {
        jobId: job.id,
        code: 'WAITING',
        sentence: `It is ${status}${again}.${why ? ` ${trimmed(why)}.` : ''}`,
        next: null,
      };
    }
  }
}

function explainFailure({ job, limits, batch, attempts }: JobView): Explanation {
  const { statusReason } = batch;
  const resume = `Resume it: openevolve-aws resume ${job.id}.`;
  if (statusReason && /^Cancelled by /.test(statusReason)) {
    const sentence = `${trimmed(statusReason)}; what was finished until then is saved.`;
    return { jobId: job.id, code: 'CANCELLED', sentence, next: resume };
  }
  const record = recordOf(attempts, batch.submission);
  const exitCode = batch.attempts.at(-1)?.exitCode ?? record?.ended?.exitCode ?? null;
  const known = containerExitCodes.find(({ code }) => code === exitCode);
  if (known?.name === 'STOPPED') {
    return explainStop(job, limits, attempts, record?.ended?.reason);
  }
  if (known) {
    const own = record?.ended?.exitCode === exitCode ? record.ended.reason : known.meaning;
    const used =
      known.action === 'RETRY' ? `, and all ${batch.attempts.length} attempts are used` : '';
    return {
      jobId: job.id,
      code: known.name,
      sentence: `It failed: ${trimmed(own)}${used}.`,
      next: known.action === 'RETRY' ? resume : known.next,
    };
  }
  return {
    jobId: job.id,
    code: 'FAILED',
    sentence: `It failed: ${trimmed(statusReason ?? 'no reason was given')}.`,
    next: resume,
  };
}

/** It ended as it was asked to, at its end or by its time limit, and has saved what it had. */
function explainStop(
  job: Job,
  { timeoutSeconds }: JobLimits,
  attempts: readonly AttemptRecord[],
  reason = 'stopped on request',
): Explanation {
  const left = timeLeftMs(timeoutSeconds, attempts);
  const resume = `openevolve-aws resume ${job.id}`;
  return {
    jobId: job.id,
    code: 'STOPPED',
    sentence: `It was stopped, with its work saved: ${trimmed(reason)}.`,
    next:
      left !== null && left <= 0
        ? `Its time limit of ${timeoutSeconds} s for all attempts is used up: to go on, give it a longer one: ${resume} --timeout ...`
        : `Resume it to go on: ${resume}.`,
  };
}

function recordOf(
  attempts: readonly AttemptRecord[],
  submission: number,
): AttemptRecord | undefined {
  return attempts.filter((attempt) => attempt.submission === submission).at(-1);
}

function progressOf({ limits, progress }: JobView): string {
  if (progress === null) {
    return '';
  }
  const { done } = progress.ledger;
  const best = progress.best?.score;
  return `: ${done} of ${limits.iterations} iterations${best === undefined || best === null ? '' : `, best score ${best}`}`;
}

function trimmed(text: string): string {
  return text.trim().replace(/\.$/, '');
}

function ordinal(number: number): string {
  const suffix = ['th', 'st', 'nd', 'rd'][number % 10] ?? 'th';
  return `${number}${number % 100 > 10 && number % 100 < 14 ? 'th' : suffix}`;
}
