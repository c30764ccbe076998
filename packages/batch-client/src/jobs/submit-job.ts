import { randomBytes } from 'node:crypto';
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
  serializeDocument,
  WORKER_MEMORY_MIB,
} from '@openevolve-aws/job-spec';
import { inputKeys, jobPrefixes } from '@openevolve-aws/s3-layout';
import type { Backend } from '../backend.ts';
import { BatchClientError } from '../errors.ts';
import { type JobFile, readConfig, readSource } from './job-files.ts';
import { makeSubmission } from './make-submission.ts';
import { claim, readBytes } from './stored-document.ts';

/** What to run. Paths are files of the caller's. */
export interface SubmitRequest {
  readonly owner: string;
  readonly program: string;
  readonly evaluator: string;
  readonly config?: string | undefined;
  readonly name?: string | undefined;
  readonly iterations?: number | undefined;
  readonly vcpus?: number | undefined;
  readonly memoryMib?: number | undefined;
  readonly commitIntervalSeconds?: number | undefined;
  readonly model: JobModel;
}

/** What is known before anything is written. */
export interface SubmissionPlan {
  readonly job: Job;
  readonly files: readonly JobFile[];
  /** Things that OpenEvolve accepts and that are probably not meant. */
  readonly warnings: readonly string[];
  readonly inputUri: string;
  readonly outputUri: string;
}

export interface SubmittedJob {
  readonly jobId: string;
  readonly batchJobId: string;
  readonly status: 'SUBMITTED';
  readonly owner: string;
  readonly iterations: number;
  readonly outputUri: string;
  readonly warnings: readonly string[];
}

/**
 * Checks a request and plans its submission. Reads the caller's files and writes nothing.
 *
 * @throws {BatchClientError} `INVALID_INPUT`, naming the file or the value.
 */
export async function planSubmission(
  backend: Backend,
  request: SubmitRequest,
): Promise<SubmissionPlan> {
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

  const id = randomBytes(4).toString('hex');
  const files: JobFile[] = [program, evaluator, ...(config ? [config] : [])];
  const parsed = jobSchema.safeParse({
    version: 1,
    id,
    owner: request.owner,
    name: request.name ?? `openevolve-${request.owner}-${id}`,
    createdAt: new Date().toISOString(),
    program: program.key,
    evaluator: evaluator.key,
    config: config?.key ?? null,
    requirements: null,
    inputs: Object.fromEntries(
      files.map(({ key, content, sha256 }) => [key, { bytes: content.byteLength, sha256 }]),
    ),
    iterations: request.iterations ?? DEFAULT_ITERATIONS,
    targetScore: null,
    vcpus: request.vcpus ?? DEFAULT_VCPUS,
    memoryMib: request.memoryMib ?? DEFAULT_MEMORY_MIB,
    timeoutSeconds: null,
    commitIntervalSeconds: request.commitIntervalSeconds ?? DEFAULT_COMMIT_INTERVAL_SECONDS,
    env: {},
    model: request.model,
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
  if (config && holdsPlainKey(config.value)) {
    warnings.push(
      `${request.config} holds an api_key in plain text, which is stored with the job, where evolved code can read it; write \${VARIABLE} in its place.`,
    );
  }
  const prefixes = jobPrefixes(parsed.data.owner, id);
  return {
    job: parsed.data,
    files,
    warnings,
    inputUri: backend.inputUri(prefixes.input),
    outputUri: backend.outputUri(prefixes.output),
  };
}

/** Whether any `api_key` of a config is more than the name of a variable. */
function holdsPlainKey(config: unknown): boolean {
  if (typeof config !== 'object' || config === null) {
    return false;
  }
  return Object.entries(config).some(([key, value]) =>
    key === 'api_key' && typeof value === 'string'
      ? !/^\$\{[^}]+\}$/.test(value)
      : holdsPlainKey(value),
  );
}

/**
 * Uploads what was planned and submits it: inputs first, then `job.json`, which claims the id, and
 * the record of the submission before the submission itself. Everything is created only where
 * nothing is, so no other job's file is ever replaced.
 *
 * @param onStep told before each step that takes a while.
 * @throws {BatchClientError} `CONFLICT` when the id is taken; plan again.
 * @example
 * const plan = await planSubmission(backend, {
 *   owner: 'alice',
 *   program: 'initial_program.py',
 *   evaluator: 'evaluator.py',
 *   iterations: 100,
 *   model: { kind: 'provider' },
 * });
 * const { jobId } = await submitPlan(backend, plan);
 */
export async function submitPlan(
  backend: Backend,
  plan: SubmissionPlan,
  onStep: (step: 'upload' | 'submit') => void = () => undefined,
): Promise<SubmittedJob> {
  const { job } = plan;
  const prefix = jobPrefixes(job.owner, job.id).input;
  onStep('upload');
  const jobFile = { key: inputKeys.job, content: serializeDocument(job) };
  const present = await readBytes(backend.inputs, `${prefix}/${jobFile.key}`);
  if (present !== null && !Buffer.from(present).equals(jobFile.content)) {
    throw idIsTaken(job);
  }
  for (const { key, content } of [...plan.files, jobFile]) {
    if (!(await claim(backend.inputs, `${prefix}/${key}`, content))) {
      throw idIsTaken(job);
    }
  }

  onStep('submit');
  const { batchJobId } = await makeSubmission(backend, job, 1, 0);
  return {
    jobId: job.id,
    batchJobId,
    status: 'SUBMITTED',
    owner: job.owner,
    iterations: job.iterations,
    outputUri: plan.outputUri,
    warnings: plan.warnings,
  };
}

function idIsTaken(job: Job): BatchClientError {
  return new BatchClientError(
    'CONFLICT',
    `The id ${job.id} belongs to another job of ${job.owner} already, which was left alone. Submit again: a new id is chosen.`,
  );
}

/**
 * Checks and submits a job in one call.
 *
 * @returns as soon as the backend has taken it; see `describeJob` and `followLogs` for the rest.
 * @throws {BatchClientError} `INVALID_INPUT` before anything is written.
 * @example
 * const { jobId, batchJobId } = await submitJob(backend, {
 *   owner: 'alice',
 *   program: 'initial_program.py',
 *   evaluator: 'evaluator.py',
 *   iterations: 100,
 *   model: { kind: 'provider' },
 * });
 */
export async function submitJob(backend: Backend, request: SubmitRequest): Promise<SubmittedJob> {
  return submitPlan(backend, await planSubmission(backend, request));
}
