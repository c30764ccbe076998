import { z } from 'zod';
import { jobIdSchema, timestampSchema } from '../names.ts';
import { seqSchema } from './log-entry.ts';

/**
 * How an attempt ended: `done` with the results written; `interrupted` by a notice, a signal or a
 * request; `by itself` for any other reason of its own; `killed` without a word.
 */
export const attemptEndSchema = z.enum(['done', 'interrupted', 'by itself', 'killed']);

/**
 * `attempts/<generation>.json`: one run of the container. `ended` is null while it runs. The end of
 * a killed attempt is written by the next one, from the last sign of life that it left.
 */
export const attemptRecordSchema = z.object({
  version: z.literal(1),
  jobId: jobIdSchema,
  generation: seqSchema,
  submission: z.int().min(1),
  batchJobId: z.string().min(1).nullable(),
  batchAttempt: z.int().min(1).nullable(),
  startedAt: timestampSchema,
  /** The commit that was restored; null for a start from the beginning. */
  resumedFrom: z
    .object({ commit: seqSchema, generation: seqSchema, iterationsDone: z.int().min(0) })
    .nullable(),
  /** Commits that were passed over at the restore, and why. */
  skipped: z.array(z.object({ seq: seqSchema, reason: z.string() })),
  noticeSource: z.enum(['host file', 'metadata', 'none']),
  machine: z.object({
    /** As EC2 calls it; null where there is no instance metadata. */
    instanceType: z.string().nullable(),
    vcpus: z.int().min(1),
    memoryMib: z.int().min(1),
  }),
  versions: z.object({
    entrypoint: z.string(),
    node: z.string(),
    python: z.string(),
    openevolve: z.string(),
  }),
  ended: z
    .object({
      at: timestampSchema,
      how: attemptEndSchema,
      /** Null for a killed attempt: nobody saw it. */
      exitCode: z.int().min(0).max(255).nullable(),
      reason: z.string(),
      iterationsDone: z.int().min(0),
      commit: seqSchema.nullable(),
      /** Iterations that had finished and are in no commit; null when it is not known. */
      iterationsLost: z.int().min(0).nullable(),
    })
    .nullable(),
});

export type AttemptEndKind = z.output<typeof attemptEndSchema>;
export type AttemptRecord = z.output<typeof attemptRecordSchema>;
