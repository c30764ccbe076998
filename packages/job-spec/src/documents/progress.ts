import { z } from 'zod';
import { jobIdSchema, timestampSchema } from '../names.ts';
import { ledgerSchema } from './ledger.ts';
import { seqSchema } from './log-entry.ts';
import { scoredProgramSchema } from './score.ts';

/** How model calls go. */
const callsSchema = z.object({
  made: z.int().min(0),
  failed: z.int().min(0),
  /** Tokens a minute since the attempt began. */
  tokensPerMinute: z.number().min(0),
  /** Of the last good replies; null before the first. */
  latencyMs: z
    .object({ p50: z.number().min(0), p90: z.number().min(0), p99: z.number().min(0) })
    .nullable(),
  /** Calls that wait because a provider is down or asked to wait. */
  held: z.int().min(0),
  /** Providers that keep failing. */
  down: z.array(z.string()),
});

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
  /** The model calls of this attempt; not there before the first. What was spent is in the ledger. */
  calls: callsSchema.optional(),
});

export type Progress = z.output<typeof progressSchema>;
