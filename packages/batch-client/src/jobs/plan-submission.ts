import { createHash, randomBytes } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import {
  DEFAULT_COMMIT_INTERVAL_SECONDS,
  DEFAULT_ITERATIONS,
  DEFAULT_MEMORY_MIB,
  DEFAULT_VCPUS,
  describeIssues,
  findConfigProblems,
  type Job,
  type JobModel,
  jobSchema,
  RUNNER_MEMORY_MIB,
  WORKER_MEMORY_MIB,
} from '@openevolve-aws/job-spec';
import { jobPrefixes } from '@openevolve-aws/s3-layout';
import type { Backend, CallOptions } from '../backend.ts';
import { BatchClientError } from '../errors.ts';
import { noDefinitions } from '../settings/job-definition.ts';
import { keysOfConfig } from './config-keys.ts';
import { readJob } from './find-job.ts';
import { readIncluded } from './included-files.ts';
import { type JobFile, readConfig, readRequirements, readSource } from './job-files.ts';
import { withSignal } from './with-signal.ts';

/** What to run. Paths are files of the caller's. */
export interface SubmitRequest {
  readonly owner: string;
  readonly program: string;
  readonly evaluator: string;
  readonly config?: string | undefined;
  /** A `requirements.txt` with what program and evaluator import. */
  readonly requirements?: string | undefined;
  /** Files and folders that the evaluator needs, at or below its folder; they keep their place. */
  readonly include?: readonly string[] | undefined;
  readonly name?: string | undefined;
  readonly iterations?: number | undefined;
  readonly vcpus?: number | undefined;
  /** Worker processes; as many as the machine is used fully with when it is not given. */
  readonly workers?: number | undefined;
  /** Evaluations at one time; as many as vCPUs when it is not given. */
  readonly evaluationSlots?: number | undefined;
  readonly memoryMib?: number | undefined;
  readonly commitIntervalSeconds?: number | undefined;
  /** The job is done when a program scores this much. */
  readonly targetScore?: number | undefined;
  /** For the whole job, over all attempts. */
  readonly timeoutSeconds?: number | undefined;
  /** US dollars that all attempts together may spend on models. */
  readonly maxUsd?: number | undefined;
  /** Tokens that they may use, prompt and completion together. */
  readonly maxTokens?: number | undefined;
  /** By model, in US dollars for a million tokens; they go before the known prices. */
  readonly prices?: Job['prices'];
  /** How long the model provider may be down before the job ends; 10 minutes without it. */
  readonly maxOutageSeconds?: number | undefined;
  /** Variables for program and evaluator. */
  readonly env?: Readonly<Record<string, string>> | undefined;
  readonly model: JobModel;
  /** However often a request is submitted with one key, by whomever of an owner, there is one job. */
  readonly idempotencyKey?: string | undefined;
  /** Which revision of the owner's job definition on AWS; the newest without it. */
  readonly definitionRevision?: number | undefined;
}

/** What is known before anything is written. */
export interface SubmissionPlan {
  readonly job: Job;
  readonly files: readonly JobFile[];
  readonly definitionRevision: number | undefined;
  /** Things that OpenEvolve accepts and that are probably not meant. */
  readonly warnings: readonly string[];
  readonly inputUri: string;
  readonly outputUri: string;
}

/**
 * Checks a request and plans its submission. Reads the caller's files and writes nothing.
 *
 * @throws {BatchClientError} `INVALID_INPUT`, naming the file or the value; `CONFLICT` when the
 *   idempotency key was used for a request that differs.
 * @example
 * const { job, files, warnings } = await planSubmission(backend, request);
 */
export async function planSubmission(
  backend: Backend,
  request: SubmitRequest,
  { signal }: CallOptions = {},
): Promise<SubmissionPlan> {
  if (backend.kind === 'local' && request.definitionRevision !== undefined) {
    throw noDefinitions();
  }
  const program = await readSource('program', request.program);
  const evaluator = await readSource('evaluator', request.evaluator);
  const config = request.config === undefined ? null : await readConfig(request.config);
  const problems = config ? findConfigProblems(config.value) : [];
  if (problems.length > 0) {
    throw new BatchClientError(
      'INVALID_INPUT',
      `The config ${request.config} cannot be used: ${problems.join('; ')}.`,
    );
  }

  const requirements =
    request.requirements === undefined ? null : await readRequirements(request.requirements);
  const own: JobFile[] = [program, evaluator, config, requirements].filter((file) => file !== null);
  const included = await readIncluded(request.evaluator, request.include ?? []);
  const files = [...own, ...included.filter((file) => !own.some((other) => isSame(file, other)))];
  const twice = files.find(({ key }, index) => files.findIndex((file) => file.key === key) < index);
  if (twice) {
    throw new BatchClientError(
      'INVALID_INPUT',
      `${twice.key} is the name of two files of the job: the program, evaluator, config and requirements take their names first; rename the included one.`,
    );
  }

  const { id, stored } = await chooseId(withSignal(backend, signal), request);
  const parsed = jobSchema.safeParse({
    version: 1,
    id,
    owner: request.owner,
    name: request.name ?? `openevolve-${request.owner}-${id}`,
    idempotencyKey: request.idempotencyKey,
    createdAt: new Date().toISOString(),
    program: program.key,
    evaluator: evaluator.key,
    config: config?.key ?? null,
    requirements: requirements?.key ?? null,
    inputs: Object.fromEntries(
      files.map(({ key, content, sha256 }) => [key, { bytes: content.byteLength, sha256 }]),
    ),
    iterations: request.iterations ?? DEFAULT_ITERATIONS,
    targetScore: request.targetScore ?? null,
    vcpus: request.vcpus ?? DEFAULT_VCPUS,
    workers: request.workers ?? 'auto',
    evaluationSlots: request.evaluationSlots ?? null,
    memoryMib: request.memoryMib ?? DEFAULT_MEMORY_MIB,
    timeoutSeconds: request.timeoutSeconds ?? null,
    commitIntervalSeconds: request.commitIntervalSeconds ?? DEFAULT_COMMIT_INTERVAL_SECONDS,
    env: request.env ?? {},
    model: request.model,
    maxUsd: request.maxUsd,
    maxTokens: request.maxTokens,
    prices: request.prices,
    maxOutageSeconds: request.maxOutageSeconds,
  });
  if (!parsed.success) {
    throw new BatchClientError('INVALID_INPUT', `${describeIssues(parsed.error)}.`, {
      cause: parsed.error,
    });
  }

  const { memoryMib, vcpus } = parsed.data;
  const leastMemory = RUNNER_MEMORY_MIB + vcpus * WORKER_MEMORY_MIB;
  if (memoryMib < leastMemory) {
    throw new BatchClientError(
      'INVALID_INPUT',
      `${memoryMib} MiB are too little for ${vcpus} vCPUs, since each has a worker of at least ${WORKER_MEMORY_MIB} MiB: ask for at least ${leastMemory} MiB, or for fewer vCPUs.`,
    );
  }

  const warnings: string[] = [];
  if (!program.text.includes('EVOLVE-BLOCK-START')) {
    warnings.push(
      `${request.program} has no EVOLVE-BLOCK-START marker, so the whole file will be evolved.`,
    );
  }
  if (!/^\s*(async\s+)?def\s+evaluate\s*\(/m.test(evaluator.text)) {
    warnings.push(
      `${request.evaluator} does not define evaluate itself; the job fails unless it imports one.`,
    );
  }
  if (config && keysOfConfig(config.value).plain) {
    warnings.push(
      `${request.config} holds an api_key in plain text, which is stored with the job, where evolved code can read it; write \${VARIABLE} in its place.`,
    );
  }
  const prefixes = jobPrefixes(parsed.data.owner, id);
  return {
    job: stored ? repeated(stored, parsed.data) : parsed.data,
    files,
    definitionRevision: request.definitionRevision,
    warnings,
    inputUri: backend.inputUri(prefixes.input),
    outputUri: backend.outputUri(prefixes.output),
  };
}

const isSame = (a: JobFile, b: JobFile) => a.key === b.key && a.sha256 === b.sha256;

/**
 * A random short id, or the one that belongs to the request's idempotency key. Two keys may lead to
 * one id; the second then gets another.
 */
async function chooseId(
  backend: Backend,
  { owner, idempotencyKey }: SubmitRequest,
): Promise<{ id: string; stored: Job | null }> {
  if (idempotencyKey === undefined) {
    return { id: randomBytes(4).toString('hex'), stored: null };
  }
  for (let turn = 0; ; turn += 1) {
    const id = createHash('sha256')
      .update(JSON.stringify([owner, idempotencyKey, turn]))
      .digest('hex')
      .slice(0, 8);
    const stored = await readJob(backend, owner, id);
    if (stored === null || stored.idempotencyKey === idempotencyKey) {
      return { id, stored };
    }
  }
}

/**
 * The job that a repeated request means: the one that is stored.
 *
 * @throws {BatchClientError} `CONFLICT` when the request is another one.
 */
export function repeated(stored: Job, asked: Job): Job {
  const { createdAt, model } = stored;
  // Whoever submits may choose a seed anew each time.
  const sameModel =
    model.kind === 'offline' && asked.model.kind === 'offline'
      ? { ...asked.model, seed: model.seed }
      : asked.model;
  const now: Job = { ...asked, createdAt, model: sameModel };
  const differing = Object.keys({ ...stored, ...now }).filter(
    (field) => !isDeepStrictEqual(stored[field as keyof Job], now[field as keyof Job]),
  );
  if (differing.length > 0) {
    throw new BatchClientError(
      'CONFLICT',
      `The idempotency key ${JSON.stringify(stored.idempotencyKey)} belongs to job ${stored.id}, which was asked for with other values of ${differing.join(', ')}. Use another key for another job.`,
    );
  }
  return stored;
}
