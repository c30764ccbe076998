import type { JobModel } from '@openevolve-aws/job-spec';
import type { ObjectStore } from '@openevolve-aws/object-store';

/** AWS Batch's job states: https://docs.aws.amazon.com/batch/latest/userguide/job_states.html */
export const batchStatuses = [
  'SUBMITTED',
  'PENDING',
  'RUNNABLE',
  'STARTING',
  'RUNNING',
  'SUCCEEDED',
  'FAILED',
] as const;

export type BatchStatus = (typeof batchStatuses)[number];

/** A job that has ended; it never changes again. */
export function isTerminal(status: BatchStatus): boolean {
  return status === 'SUCCEEDED' || status === 'FAILED';
}

/** One run of the container. Times are ISO 8601. */
export interface BatchAttempt {
  /** From 1 within its submission. */
  readonly number: number;
  readonly startedAt: string;
  readonly stoppedAt: string | null;
  readonly exitCode: number | null;
  readonly reason: string | null;
}

/** What a backend knows of one submission. */
export interface BatchJob {
  readonly batchJobId: string;
  readonly batchJobName: string;
  readonly owner: string;
  readonly jobId: string;
  readonly submission: number;
  readonly status: BatchStatus;
  readonly statusReason: string | null;
  readonly createdAt: string;
  readonly startedAt: string | null;
  readonly stoppedAt: string | null;
  readonly attempts: readonly BatchAttempt[];
}

/** One submission to make. */
export interface BatchSubmission {
  readonly batchJobName: string;
  readonly owner: string;
  readonly jobId: string;
  readonly submission: number;
  readonly vcpus: number;
  readonly memoryMib: number;
  readonly model: JobModel;
}

/** One line of a job's log. */
export interface LogLine {
  readonly attempt: number;
  readonly text: string;
}

export interface LogRequest {
  /** Only this attempt; all of them in order without it. */
  readonly attempt?: number;
  /** Go on until the job has ended, across retries. */
  readonly follow: boolean;
  readonly signal?: AbortSignal;
}

/**
 * Where jobs run. The two stores are the buckets; keys are those of `@openevolve-aws/s3-layout`.
 *
 * No call is retried here. Every call may be repeated: `submit` alone makes something new each time.
 * Errors are `BatchClientError`; those with `permanent: false` may be tried again.
 */
export interface Backend {
  readonly kind: 'aws' | 'local';
  readonly inputs: ObjectStore;
  readonly outputs: ObjectStore;

  /** How a key is called in messages: `s3://bucket/key` or `file:///folder/key`. */
  inputUri(key: string): string;
  outputUri(key: string): string;

  /** @returns the new Batch job's id. */
  submit(submission: BatchSubmission): Promise<string>;

  /** Ids that the backend does not know are left out. Order as asked. */
  describe(batchJobIds: readonly string[]): Promise<BatchJob[]>;

  /** All that the backend still knows of an owner, newest first. */
  list(owner: string): Promise<BatchJob[]>;

  /**
   * Ends a job in any state; a running one gets SIGTERM and may save. Without effect on an ended
   * job.
   */
  terminate(batchJobId: string, reason: string): Promise<void>;

  /**
   * Sends a Spot interruption to the running attempt.
   *
   * @param noticeSeconds from the notice to the end of the machine; 0 takes it without notice.
   * @throws {BatchClientError} `CONFLICT` when no attempt is running.
   */
  interrupt(batchJobId: string, noticeSeconds: number): Promise<void>;

  logs(batchJobId: string, request: LogRequest): AsyncIterable<LogLine>;
}
