import { z } from 'zod';

/** What an evaluator returned; OpenEvolve allows any scalar beside numbers. */
export const metricsSchema = z.record(
  z.string(),
  z.union([z.number(), z.string(), z.boolean(), z.null()]),
);

/**
 * A program and how good it is. `score` is `combined_score`, or without one the mean of the
 * numeric metrics, as OpenEvolve ranks; null when there is no finite number at all.
 */
export const scoredProgramSchema = z.object({
  id: z.string().min(1),
  iteration: z.int().min(0),
  score: z.number().nullable(),
  metrics: metricsSchema,
});

export type Metrics = z.output<typeof metricsSchema>;
export type ScoredProgram = z.output<typeof scoredProgramSchema>;
