import { z } from 'zod';
import { describeIssues } from '../documents/parse.ts';
import { JobSpecError } from '../errors.ts';
import { jobIdSchema, ownerSchema } from '../names.ts';

/** An S3 or folder prefix: `s3://bucket/users/alice/0a1b2c3d/input` or `file:///...`. */
const prefixSchema = z
  .string()
  .regex(
    /^(s3:\/\/[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]\/|file:\/\/\/)\S+$/,
    'an s3:// or file:/// prefix',
  );

const positive = z.coerce.number().int().min(1);

/**
 * What the container is told through its environment: names and places only, since anyone in the
 * account may describe a Batch job. Everything else is in `job.json`. An empty value is as good as
 * none.
 */
export const containerEnvironmentSchema = z.object({
  S3_INPUT_PREFIX: prefixSchema,
  S3_OUTPUT_PREFIX: prefixSchema,
  JOB_OWNER: ownerSchema,
  JOB_SHORT_ID: jobIdSchema,
  OPENEVOLVE_SUBMISSION: positive.default(1),
  AWS_BATCH_JOB_ID: z.string().min(1).optional(),
  AWS_BATCH_JOB_ATTEMPT: positive.optional(),
  LOG_LEVEL: z.enum(['DEBUG', 'INFO', 'WARNING', 'ERROR']).default('INFO'),
  GEMINI_API_KEY: z.string().min(1).optional(),
  OPENAI_API_KEY: z.string().min(1).optional(),
  /** The Python that has OpenEvolve; by default the image's. */
  OPENEVOLVE_PYTHON: z.string().min(1).default('/opt/venv/bin/python'),
  /** A writable folder for this attempt alone. */
  OPENEVOLVE_WORK_DIR: z.string().min(1).default('/tmp/openevolve'),
  /** Where the host writes Spot and rebalance notices. */
  OPENEVOLVE_NOTICE_FILE: z.string().min(1).optional(),
  AWS_EC2_METADATA_SERVICE_ENDPOINT: z.url().optional(),
  /** `stdin`: the parent holds our standard input open; its end counts as SIGTERM. */
  OPENEVOLVE_LIFELINE: z.enum(['stdin']).optional(),
});

export type ContainerEnvironment = z.output<typeof containerEnvironmentSchema>;

/**
 * Reads the container's environment.
 *
 * @throws {JobSpecError} `INVALID_VALUE`, naming the variable.
 * @example
 * const environment = parseContainerEnvironment(process.env);
 */
export function parseContainerEnvironment(
  variables: Readonly<Record<string, string | undefined>>,
): ContainerEnvironment {
  const given = Object.fromEntries(Object.entries(variables).filter(([, value]) => value !== ''));
  const parsed = containerEnvironmentSchema.safeParse(given);
  if (!parsed.success) {
    throw new JobSpecError(
      'INVALID_VALUE',
      `The container's environment cannot be used (${describeIssues(parsed.error)}). The job definition and the submitting release must match.`,
    );
  }
  return parsed.data;
}
