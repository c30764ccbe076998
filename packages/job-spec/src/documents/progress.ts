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

/** How fully the machine is used. */
export const throughputSchema = z.object({
  /** Candidates an hour over the last minutes. */
  candidatesPerHour: z.number().min(0),
  workers: z.int().min(0),
  /** What would have to be more for more candidates; `workers`: a number was asked for. */
  limitedBy: z.enum(['evaluation', 'model', 'memory', 'rate limit', 'iterations', 'workers']),
  /** Evaluations that may run at one time. */
  slots: z.int().min(1),
  /** Of the workers: how many wait for the model, wait for a slot, and evaluate. */
  model: z.int().min(0),
  waiting: z.int().min(0),
  evaluating: z.int().min(0),
  /** Means of an iteration; null before the first. */
  modelSeconds: z.number().min(0).nullable(),
  evaluationSeconds: z.number().min(0).nullable(),
  /** Memory of a worker that waits; null while it is not known. */
  workerMib: z.number().min(0).nullable(),
  /** vCPUs that runner and workers kept busy. */
  vcpusUsed: z.number().min(0),
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
  /** Not there in the first seconds of an attempt. */
  throughput: throughputSchema.optional(),
});

export type Throughput = z.output<typeof throughputSchema>;
export type Progress = z.output<typeof progressSchema>;
