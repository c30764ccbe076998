import { z } from 'zod';
import { jobIdSchema, jobNameSchema, ownerSchema, timestampSchema } from '../names.ts';
import { attemptRecordSchema } from './attempt-record.ts';
import { outcomeSchema, seqSchema } from './log-entry.ts';
import { scoredProgramSchema } from './score.ts';
import { spendSchema } from './spend.ts';

/** `evolution_summary.json`: what the whole job did, over all attempts. */
export const summarySchema = z.object({
  version: z.literal(1),
  jobId: jobIdSchema,
  owner: ownerSchema,
  name: jobNameSchema,
  /** `cap`: the results so far of a job whose cap is reached; it can be resumed with another. */
  outcome: z.enum([...outcomeSchema.options, 'cap']),
  iterations: z.object({
    asked: z.int().min(1),
    completed: z.int().min(0),
    failed: z.int().min(0),
  }),
  candidates: z.int().min(0),
  initial: scoredProgramSchema.nullable(),
  best: scoredProgramSchema.extend({ file: z.string() }).nullable(),
  tokens: z.object({ prompt: z.int().min(0), completion: z.int().min(0) }),
  spend: spendSchema.optional(),
  model: z.object({ kind: z.enum(['provider', 'offline']), note: z.string() }),
  startedAt: timestampSchema,
  endedAt: timestampSchema,
  finalCommit: seqSchema,
  attempts: z.array(attemptRecordSchema.omit({ version: true, jobId: true })),
});

export type Summary = z.output<typeof summarySchema>;
