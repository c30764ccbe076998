import { z } from 'zod';
import { jobIdSchema, timestampSchema } from '../names.ts';
import { seqSchema } from './log-entry.ts';

/** `attempts/<generation>.json`: one run of the container. `ended` is null while it runs. */
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
  versions: z.object({
    entrypoint: z.string(),
    node: z.string(),
    python: z.string(),
    openevolve: z.string(),
  }),
  ended: z
    .object({
      at: timestampSchema,
      exitCode: z.int().min(0).max(255),
      reason: z.string(),
      iterationsDone: z.int().min(0),
      commit: seqSchema.nullable(),
      /** Iterations that had finished and are in no commit. */
      iterationsLost: z.int().min(0),
    })
    .nullable(),
});

export type AttemptRecord = z.output<typeof attemptRecordSchema>;
