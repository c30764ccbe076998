/** A job definition's retry strategy, as a template has it. */
export interface RetryStrategy {
  readonly Attempts: number;
  readonly EvaluateOnExit: readonly {
    readonly Action: 'RETRY' | 'EXIT';
    readonly OnExitCode?: string;
    readonly OnStatusReason?: string;
    readonly OnReason?: string;
  }[];
}

/** How an attempt failed. */
export interface FailedAttempt {
  readonly exitCode?: number;
  readonly statusReason?: string;
  readonly reason?: string;
  /** AWS Batch ended it itself: its time was over, or somebody asked. */
  readonly endedBy?: 'timeout' | 'request';
}

/**
 * What AWS Batch does after a failed attempt, written from its documentation and from nothing of
 * ours: an ended job is not retried; nor is one without attempts left; the first condition of which
 * all parts match decides; when none matches, the job is retried.
 * https://docs.aws.amazon.com/batch/latest/userguide/job_retries.html
 * https://docs.aws.amazon.com/batch/latest/userguide/job_timeouts.html
 * https://docs.aws.amazon.com/batch/latest/APIReference/API_EvaluateOnExit.html
 */
export function evaluate(
  { Attempts, EvaluateOnExit }: RetryStrategy,
  failed: FailedAttempt,
  attempt = 1,
): 'RETRY' | 'EXIT' {
  if (failed.endedBy !== undefined || attempt >= Attempts) {
    return 'EXIT';
  }
  const condition = EvaluateOnExit.find(
    ({ OnExitCode, OnStatusReason, OnReason }) =>
      matches(OnExitCode, failed.exitCode?.toString()) &&
      matches(OnStatusReason, failed.statusReason) &&
      matches(OnReason, failed.reason),
  );
  return condition?.Action ?? 'RETRY';
}

/** A pattern may end in `*` and is not case sensitive. One that is not given always matches. */
function matches(pattern: string | undefined, value: string | undefined): boolean {
  if (pattern === undefined) {
    return true;
  }
  const wanted = pattern.toLowerCase();
  const given = value?.toLowerCase();
  return wanted.endsWith('*')
    ? (given?.startsWith(wanted.slice(0, -1)) ?? false)
    : given === wanted;
}
