import { z } from 'zod';
import { jobIdSchema, timestampSchema } from '../names.ts';
import { ledgerSchema } from './ledger.ts';
import { seqSchema } from './log-entry.ts';
import { scoredProgramSchema } from './score.ts';

/**
 * `progress.json`: where a running job stands; written by the newest generation only.
 *
 * `lossWindow` is what a hard kill at `updatedAt` would cost: finished iterations that no commit
 * holds, and the seconds since the last commit.
 */
export const progressSchema = z.object({
  version: z.literal(1),
  jobId: jobIdSchema,
  generation: seqSchema,
  updatedAt: timestampSchema,
  phase: z.enum(['restoring', 'running', 'stopping', 'writing results', 'ended']),
  ledger: ledgerSchema,
  initial: scoredProgramSchema.nullable(),
  best: scoredProgramSchema.nullable(),
  lastCommit: z
    .object({ seq: seqSchema, at: timestampSchema, iterationsDone: z.int().min(0) })
    .nullable(),
  lossWindow: z.object({ iterations: z.int().min(0), seconds: z.number().min(0) }),
  /** The number of the last control request that was carried out; 0 for none. */
  controlled: z.int().min(0),
});

export type Progress = z.output<typeof progressSchema>;
