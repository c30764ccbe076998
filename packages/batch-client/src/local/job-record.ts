import { jobIdSchema, modelSchema, ownerSchema, timestampSchema } from '@openevolve-aws/job-spec';
import { z } from 'zod';
import { type BatchJob, batchStatuses } from '../backend.ts';

const attemptSchema = z.object({
  number: z.int().min(1),
  startedAt: timestampSchema,
  stoppedAt: timestampSchema.nullable(),
  exitCode: z.int().nullable(),
  reason: z.string().nullable(),
  /** Tells a process from a later one with the same pid. */
  process: z.object({ pid: z.int().min(1), startTime: z.string() }).nullable(),
});

/**
 * `jobs/<batch job id>.json`: one submission on this machine. The submitter creates it; from then
 * on the supervisor alone writes it.
 */
export const jobRecordSchema = z.object({
  version: z.literal(1),
  batchJobId: z.uuid(),
  batchJobName: z.string().min(1),
  owner: ownerSchema,
  jobId: jobIdSchema,
  submission: z.int().min(1),
  vcpus: z.int().min(1),
  memoryMib: z.int().min(1),
  model: modelSchema,
  status: z.enum(batchStatuses),
  statusReason: z.string().nullable(),
  createdAt: timestampSchema,
  startedAt: timestampSchema.nullable(),
  stoppedAt: timestampSchema.nullable(),
  /** Why its end was asked for; such a job is never retried. Null when nobody asked. */
  terminateReason: z.string().min(1).nullable().default(null),
  attempts: z.array(attemptSchema),
});

export type JobRecord = z.output<typeof jobRecordSchema>;
export type LocalAttempt = z.output<typeof attemptSchema>;

/** `requests/<uuid>.json`: what a command asks of the supervisor. */
export const requestSchema = z.object({
  version: z.literal(1),
  batchJobId: z.uuid(),
  action: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('terminate'), reason: z.string().min(1) }),
    z.object({ kind: z.literal('interrupt'), noticeSeconds: z.number().min(0) }),
  ]),
});

export type SupervisorRequest = z.output<typeof requestSchema>;

/** The record as every backend shows a job. */
export function toBatchJob(record: JobRecord): BatchJob {
  const { batchJobId, batchJobName, owner, jobId, submission, status, statusReason } = record;
  return {
    batchJobId,
    batchJobName,
    owner,
    jobId,
    submission,
    status,
    statusReason,
    createdAt: record.createdAt,
    startedAt: record.startedAt,
    stoppedAt: record.stoppedAt,
    attempts: record.attempts.map(({ process: _process, ...attempt }) => attempt),
  };
}
