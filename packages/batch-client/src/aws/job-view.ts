import type { AttemptDetail, JobDetail } from '@aws-sdk/client-batch';
import { jobIdSchema, ownerSchema } from '@openevolve-aws/job-spec';
import { type BatchAttempt, type BatchJob, batchStatuses, isTerminal } from '../backend.ts';
import { plainReason } from './status-reason.ts';

/** An attempt with the log stream that it writes to. */
export interface AwsAttempt extends BatchAttempt {
  /** Null until its container has started. */
  readonly logStream: string | null;
}

export interface AwsJob extends BatchJob {
  readonly batchJobId: string;
  readonly attempts: readonly AwsAttempt[];
  readonly logGroup: string | null;
}

/**
 * A job of ours as DescribeJobs gives it. Pure.
 *
 * Ended attempts are in `attempts`; the one that runs is told by `container` alone
 * (https://docs.aws.amazon.com/batch/latest/APIReference/API_JobDetail.html).
 *
 * @returns null for a job that this software did not submit.
 */
export function toAwsJob(detail: JobDetail): AwsJob | null {
  const variables = new Map(detail.container?.environment?.map(({ name, value }) => [name, value]));
  const owner = ownerSchema.safeParse(variables.get('JOB_OWNER'));
  const jobId = jobIdSchema.safeParse(variables.get('JOB_SHORT_ID'));
  const submission = Number(variables.get('OPENEVOLVE_SUBMISSION') ?? 1);
  const status = batchStatuses.find((known) => known === detail.status);
  if (!detail.jobId || !detail.jobName || !owner.success || !jobId.success || !status) {
    return null;
  }
  const attempts = attemptsOf(detail);
  const { exitCode, reason } = detail.container ?? {};
  const why = plainReason({
    statusReason: detail.statusReason,
    containerReason: reason,
    // While it waits for another attempt, the code is that of the last one.
    exitCode: isTerminal(status) ? exitCode : undefined,
  });
  return {
    batchJobId: detail.jobId,
    batchJobName: detail.jobName,
    owner: owner.data,
    jobId: jobId.data,
    submission,
    status,
    statusReason: why && (why.fix === null ? why.sentence : `${why.sentence}. ${why.fix}`),
    createdAt: toIso(detail.createdAt) ?? new Date(0).toISOString(),
    startedAt: attempts[0]?.startedAt ?? toIso(detail.startedAt),
    stoppedAt: toIso(detail.stoppedAt),
    attempts,
    logGroup: detail.container?.logConfiguration?.options?.['awslogs-group'] ?? null,
  };
}

function attemptsOf(detail: JobDetail): AwsAttempt[] {
  const ended = (detail.attempts ?? []).map(toAttempt);
  const { logStreamName = null, taskArn } = detail.container ?? {};
  const isListed = (detail.attempts ?? []).some(
    ({ container }) =>
      (taskArn !== undefined && container?.taskArn === taskArn) ||
      (logStreamName !== null && container?.logStreamName === logStreamName),
  );
  if (detail.status !== 'RUNNING' || isListed) {
    return ended;
  }
  const running: AwsAttempt = {
    number: ended.length + 1,
    startedAt: toIso(detail.startedAt),
    stoppedAt: null,
    exitCode: null,
    reason: null,
    logStream: logStreamName,
  };
  return [...ended, running];
}

function toAttempt(attempt: AttemptDetail, index: number): AwsAttempt {
  const { exitCode, reason, logStreamName } = attempt.container ?? {};
  const why = plainReason({
    statusReason: attempt.statusReason,
    containerReason: reason,
    exitCode,
  });
  return {
    number: index + 1,
    startedAt: toIso(attempt.startedAt),
    stoppedAt: toIso(attempt.stoppedAt),
    exitCode: exitCode ?? null,
    reason: why?.sentence ?? null,
    logStream: logStreamName ?? null,
  };
}

/** Whether an attempt writes no more. */
export function hasEnded(job: AwsJob, number: number): boolean {
  return isTerminal(job.status) || job.attempts[number - 1]?.stoppedAt !== null;
}

function toIso(milliseconds: number | undefined): string | null {
  return milliseconds === undefined ? null : new Date(milliseconds).toISOString();
}
