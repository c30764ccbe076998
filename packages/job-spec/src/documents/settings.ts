import { z } from 'zod';
import { ownerSchema } from '../names.ts';

/**
 * Where jobs go: one document for flags, variables, profile and parameter alike. The stack writes it
 * to the parameter `/openevolve/<environment>/config`, without an owner.
 */
export const settingsSchema = z.object({
  version: z.literal(1),
  environment: z.string().min(1).default('prod'),
  region: z.string().min(1),
  inputBucket: z.string().min(3),
  outputBucket: z.string().min(3),
  jobQueue: z.string().min(1),
  /** Without an owner's name at its end: everyone has one of their own, `<jobDefinition>-<owner>`. */
  jobDefinition: z.string().min(1),
  /** What the owners' log groups begin with: `<logGroup>/<owner>`. */
  logGroup: z.string().min(1).optional(),
  /** Where alerts go, for an administrator's checks. */
  alertTopicArn: z.string().min(1).optional(),
  /** The model provider's key, for an administrator's checks. */
  secretArn: z.string().min(1).optional(),
  owner: ownerSchema.optional(),
});

export type Settings = z.output<typeof settingsSchema>;
