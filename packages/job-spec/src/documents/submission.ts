import { z } from 'zod';
import { jobIdSchema, jobNameSchema, ownerSchema, timestampSchema } from '../names.ts';

/** `submissions/<k>.json`: one Batch job, or local process, that runs the job. */
export const submissionSchema = z.object({
  version: z.literal(1),
  number: z.int().min(1),
  jobId: jobIdSchema,
  batchJobName: jobNameSchema,
  /** Random; tells one's own claim of the number from another's. */
  entryId: z.uuid().optional(),
  createdAt: timestampSchema,
  /** The last control request before it; what earlier ones asked to stop is over. */
  afterControl: z.int().min(0),
});

/** `by-batch-id/<batch job id>`: Batch forgets jobs after some days; this does not. */
export const batchIdRecordSchema = z.object({
  version: z.literal(1),
  batchJobId: z.string().min(1),
  jobId: jobIdSchema,
  owner: ownerSchema,
  submission: z.int().min(1),
});

export type Submission = z.output<typeof submissionSchema>;
export type BatchIdRecord = z.output<typeof batchIdRecordSchema>;
