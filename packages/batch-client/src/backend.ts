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
  /** Null when its container never started. */
  readonly startedAt: string | null;
  readonly stoppedAt: string | null;
  readonly exitCode: number | null;
  readonly reason: string | null;
}

/** One submission of a job, as it stands. */
export interface BatchJob {
  /** Null when it never became a Batch job, or nothing tells which. */
  readonly batchJobId: string | null;
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
  /** No other submission has it. */
  readonly batchJobName: string;
  readonly owner: string;
  readonly jobId: string;
  readonly submission: number;
  readonly vcpus: number;
  readonly memoryMib: number;
  readonly model: JobModel;
  /** Which revision of the owner's job definition; the newest without it. */
  readonly definitionRevision?: number | undefined;
}

/** One line of a job's log. */
export interface LogLine {
  readonly attempt: number;
  /** ISO 8601; null when the line tells no time. */
  readonly at: string | null;
  readonly text: string;
}

export interface LogRequest {
  /**
   * Only this attempt; `latest` begins with the one that runs, or that ran last. All of them in order
   * without it.
   */
  readonly attempt?: number | 'latest' | undefined;
  /** Only what was logged at this time or later, ISO 8601. */
  readonly since?: string | undefined;
  /** Go on until the job has ended, across retries. */
  readonly follow: boolean;
  readonly signal?: AbortSignal;
}

/** What calls that may take long accept. */
export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
}

/**
 * Where jobs run. The two stores are the buckets; keys are those of `@openevolve-aws/s3-layout`.
 *
 * Every call may be repeated. Errors are `BatchClientError`; those with `permanent: false` may be
 * tried again.
 */
export interface Backend {
  readonly kind: 'aws' | 'local';
  readonly inputs: ObjectStore;
  readonly outputs: ObjectStore;

  /** How a key is called in messages: `s3://bucket/key` or `file:///folder/key`. */
  inputUri(key: string): string;
  outputUri(key: string): string;

  /**
   * Makes a Batch job. Its caller has claimed the submission's number, so nobody else submits under
   * that name; a reply that was lost is made up for by looking for the name.
   *
   * @returns the new Batch job's id.
   */
  submit(submission: BatchSubmission, options?: CallOptions): Promise<string>;

  /** Ids that the backend does not know are left out. Order as asked. */
  describe(batchJobIds: readonly string[], options?: CallOptions): Promise<BatchJob[]>;

  /**
   * Ids of all jobs that are in a state now, of any owner; those that have just come to it may not
   * be among them yet.
   */
  idsInState(status: BatchStatus, options?: CallOptions): Promise<ReadonlySet<string>>;

  /** The id of the newest Batch job of that name, or null when the backend knows none. */
  find(batchJobName: string, options?: CallOptions): Promise<string | null>;

  /**
   * Ends a job in any state; a running one gets SIGTERM and may save. Without effect on an ended
   * job.
   */
  terminate(batchJobId: string, reason: string, options?: CallOptions): Promise<void>;

  /**
   * Sends a Spot interruption to the running attempt.
   *
   * @param noticeSeconds from the notice to the end of the machine; 0 takes it without notice.
   * @throws {BatchClientError} `CONFLICT` when no attempt is running.
   */
  interrupt(batchJobId: string, noticeSeconds: number, options?: CallOptions): Promise<void>;

  logs(batchJobId: string, request: LogRequest): AsyncIterable<LogLine>;

  /** Why a job that has not started waits, in one sentence with what to do; null when it is not known. */
  explainWait(batchJobId: string, options?: CallOptions): Promise<string | null>;
}
