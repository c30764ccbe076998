import { z } from 'zod';
import { ownerSchema } from '../names.ts';

/** Where jobs go: one document for flags, variables, profile and parameter alike. */
export const settingsSchema = z.object({
  version: z.literal(1),
  environment: z.string().min(1).default('prod'),
  region: z.string().min(1),
  inputBucket: z.string().min(3),
  outputBucket: z.string().min(3),
  jobQueue: z.string().min(1),
  jobDefinition: z.string().min(1),
  logGroup: z.string().min(1).optional(),
  owner: ownerSchema.optional(),
});

export type Settings = z.output<typeof settingsSchema>;
