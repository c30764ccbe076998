import { z } from 'zod';
import { timestampSchema } from '../names.ts';
import { iterationsSchema, timeoutSecondsSchema } from './job.ts';
import { maxTokensSchema, maxUsdSchema } from './spend.ts';

/**
 * `control/<n>.json`: what a user asks of a running job. A `cap` changes the limits that it names;
 * a `timeout` is for the whole job, as the one that it was submitted with.
 */
export const controlSchema = z.object({
  version: z.literal(1),
  number: z.int().min(1),
  at: timestampSchema,
  request: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('stop') }),
    z.object({ kind: z.literal('commit') }),
    z.object({ kind: z.literal('extend'), iterations: iterationsSchema }),
    z.object({ kind: z.literal('timeout'), seconds: timeoutSecondsSchema }),
    z.object({
      kind: z.literal('cap'),
      usd: maxUsdSchema.optional(),
      tokens: maxTokensSchema.optional(),
    }),
  ]),
});

export type Control = z.output<typeof controlSchema>;
