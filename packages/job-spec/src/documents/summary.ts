import { z } from 'zod';
import { jobIdSchema, jobNameSchema, ownerSchema, timestampSchema } from '../names.ts';
import { attemptRecordSchema } from './attempt-record.ts';
import { outcomeSchema, seqSchema } from './log-entry.ts';
import { scoredProgramSchema } from './score.ts';

/** `evolution_summary.json`: what the whole job did, over all attempts. */
export const summarySchema = z.object({
  version: z.literal(1),
  jobId: jobIdSchema,
  owner: ownerSchema,
  name: jobNameSchema,
  outcome: outcomeSchema,
  iterations: z.object({
    asked: z.int().min(1),
    completed: z.int().min(0),
    failed: z.int().min(0),
  }),
  candidates: z.int().min(0),
  initial: scoredProgramSchema.nullable(),
  best: scoredProgramSchema.extend({ file: z.string() }).nullable(),
  tokens: z.object({ prompt: z.int().min(0), completion: z.int().min(0) }),
  model: z.object({ kind: z.enum(['provider', 'offline']), note: z.string() }),
  startedAt: timestampSchema,
  endedAt: timestampSchema,
  finalCommit: seqSchema,
  attempts: z.array(attemptRecordSchema.omit({ version: true, jobId: true })),
});

export type Summary = z.output<typeof summarySchema>;
