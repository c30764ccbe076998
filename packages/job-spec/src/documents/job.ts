import { z } from 'zod';
import {
  DEFAULT_COMMIT_INTERVAL_SECONDS,
  MAX_ITERATIONS,
  MAX_MEMORY_MIB,
  MAX_VCPUS,
  MAX_WORKERS,
  MIN_MEMORY_MIB,
} from '../limits.ts';
import {
  jobIdSchema,
  jobNameSchema,
  ownerSchema,
  relativeFileSchema,
  sha256Schema,
  timestampSchema,
} from '../names.ts';
import { maxTokensSchema, maxUsdSchema, pricesSchema } from './spend.ts';

export const iterationsSchema = z
  .int('a whole number')
  .min(1, `from 1 to ${MAX_ITERATIONS}`)
  .max(MAX_ITERATIONS, `from 1 to ${MAX_ITERATIONS}`);
export const vcpusSchema = z
  .int('a whole number')
  .min(1, `from 1 to ${MAX_VCPUS}`)
  .max(MAX_VCPUS, `from 1 to ${MAX_VCPUS}`);
export const workersSchema = z
  .int('a whole number')
  .min(1, `from 1 to ${MAX_WORKERS}`)
  .max(MAX_WORKERS, `from 1 to ${MAX_WORKERS}`);
export const memoryMibSchema = z
  .int('a whole number of MiB')
  .min(MIN_MEMORY_MIB, `from ${MIN_MEMORY_MIB} to ${MAX_MEMORY_MIB} MiB`)
  .max(MAX_MEMORY_MIB, `from ${MIN_MEMORY_MIB} to ${MAX_MEMORY_MIB} MiB`);

/** At most what a timer can count, 24 days. */
export const timeoutSecondsSchema = z
  .int('a whole number of seconds')
  .min(60, 'from 60 seconds to 24 days')
  .max(2_147_483, 'from 60 seconds to 24 days');
export const maxOutageSecondsSchema = z
  .int('a whole number of seconds')
  .min(1, 'from 1 second to a day')
  .max(86_400, 'from 1 second to a day');

/** Names that a job's own variables may not take: they steer the loader, shells, Python, Node or us. */
const reservedVariable =
  /^(LD_|DYLD_|NODE_|PYTHON|AWS_|ECS_|OPENEVOLVE_|S3_|JOB_|GEMINI_API_KEY$|OPENAI_|PATH$|HOME$|TMPDIR$|BASH_ENV$|ENV$)/;

export const jobVariableSchema = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'a variable is letters, digits and underscores')
  .refine((name) => !reservedVariable.test(name), 'this variable is set by the service');

/** No process can be started with a NUL in its environment. */
const variableValueSchema = z
  .string()
  .refine((value) => !value.includes('\0'), 'a value without NUL characters');

/** Names under a job's input prefix that are not for uploaded files. */
const reservedInput = /^(job\.json|(control|submissions)(\/.*)?)$/s;

const inputNameSchema = relativeFileSchema.refine(
  (name) => !reservedInput.test(name),
  'this name is used by the service',
);

export const idempotencyKeySchema = z
  .string()
  .min(1, 'from 1 to 128 characters')
  .max(128, 'from 1 to 128 characters');

/** Where programs come from. `offline` is a seeded search that needs no key and is not an LLM. */
export const modelSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('provider') }),
  z.object({
    kind: z.literal('offline'),
    seed: z.int().min(0),
    /** Milliseconds that each reply takes, to make a run last as a real model would. */
    latencyMs: z.int().min(0).max(60_000).default(0),
  }),
]);

/**
 * `job.json`: what a user submitted. Written once with put-if-absent, which claims the id.
 *
 * `inputs` names every uploaded file with its size in bytes and its hash, so that an attempt can
 * tell a damaged or replaced input from the submitted one; the program, the evaluator, the config
 * and the requirements are among them.
 */
export const jobSchema = z
  .object({
    version: z.literal(1),
    id: jobIdSchema,
    owner: ownerSchema,
    name: jobNameSchema,
    /** Chosen by the submitter: however often it is submitted, there is one job. */
    idempotencyKey: idempotencyKeySchema.optional(),
    createdAt: timestampSchema,
    program: relativeFileSchema,
    evaluator: relativeFileSchema,
    config: relativeFileSchema.nullable(),
    requirements: relativeFileSchema.nullable(),
    inputs: z.record(inputNameSchema, z.object({ bytes: z.int().min(0), sha256: sha256Schema })),
    iterations: iterationsSchema,
    targetScore: z.number().nullable(),
    vcpus: vcpusSchema,
    /** Worker processes; `auto` for as many as the machine is used fully with. */
    workers: z.union([z.literal('auto'), workersSchema]).default('auto'),
    /** Evaluations at one time; null for as many as vCPUs. */
    evaluationSlots: vcpusSchema.nullable().default(null),
    memoryMib: memoryMibSchema,
    timeoutSeconds: timeoutSecondsSchema.nullable(),
    commitIntervalSeconds: z.int().min(1).max(300).default(DEFAULT_COMMIT_INTERVAL_SECONDS),
    env: z.record(jobVariableSchema, variableValueSchema),
    model: modelSchema,
    /** What all attempts together may spend on models; no limit without it. */
    maxUsd: maxUsdSchema.optional(),
    /** Prompt and completion together. */
    maxTokens: maxTokensSchema.optional(),
    prices: pricesSchema.optional(),
    /** How long the model provider may be down before the job ends; 10 minutes without it. */
    maxOutageSeconds: maxOutageSecondsSchema.optional(),
  })
  .superRefine((job, context) => {
    for (const field of ['program', 'evaluator', 'config', 'requirements'] as const) {
      const name = job[field];
      if (name !== null && !Object.hasOwn(job.inputs, name)) {
        context.addIssue({
          code: 'custom',
          path: [field],
          message: `${JSON.stringify(name)} is not among the inputs`,
        });
      }
    }
  });

export type Job = z.output<typeof jobSchema>;
export type JobModel = z.output<typeof modelSchema>;
