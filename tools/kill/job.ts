import { createHash, randomBytes } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Job, jobSchema, type Submission, serializeDocument } from '@openevolve-aws/job-spec';
import { FolderStore } from '@openevolve-aws/object-store';
import { inputKeys, jobPrefixes } from '@openevolve-aws/s3-layout';

const owner = 'alice';
const example = join(import.meta.dirname, '../../examples/function-minimization');

/** Paths of the program and the evaluator that every run here evolves. */
export const exampleFiles = {
  program: join(example, 'initial_program.py'),
  evaluator: join(example, 'evaluator.py'),
} as const;

export interface JobRequest {
  readonly iterations: number;
  readonly vcpus: number;
  readonly commitIntervalSeconds: number;
  /** OpenEvolve's config. */
  readonly config: Readonly<Record<string, unknown>>;
  /** In the place of the example's. */
  readonly evaluator?: string;
  /** What else the job's document says. */
  readonly fields?: Partial<Job>;
}

/** A bucket whose server keeps objects as files, so that what is durable can be looked at. */
export interface FileBucket {
  readonly name: string;
  readonly folder: string;
  /** How its server is reached. */
  readonly environment: Readonly<Record<string, string>>;
}

/** A submitted job on a folder store, or in a bucket. */
export interface StoredJob extends JobRequest {
  readonly id: string;
  /** Holds the store and whatever belongs to the job's attempts. */
  readonly folder: string;
  /** What tells an attempt which job it runs. */
  readonly environment: Readonly<Record<string, string>>;
  readonly outputs: FolderStore;
}

/**
 * Submits a job the way the SDK does: inputs, `job.json`, one submission.
 *
 * @param folder where the job's own folder goes.
 * @param bucket where its inputs and outputs go, in the place of that folder.
 */
export async function submitJob(
  folder: string,
  request: JobRequest,
  bucket: FileBucket | null = null,
): Promise<StoredJob> {
  const id = randomBytes(4).toString('hex');
  const root = join(folder, id);
  const prefixes = jobPrefixes(owner, id);
  const places = { input: `in/${prefixes.input}`, output: `out/${prefixes.output}` };
  const stored = bucket?.folder ?? root;
  const inputs = new FolderStore(join(stored, places.input));
  const outputs = new FolderStore(join(stored, places.output));
  const uriOf = (place: string): string =>
    bucket ? `s3://${bucket.name}/${place}` : pathToFileURL(join(stored, place)).href;
  await mkdir(root, { recursive: true });
  await mkdir(outputs.root, { recursive: true });
  const contents = new Map<string, Uint8Array>([
    [inputKeys.program('.py'), await readFile(exampleFiles.program)],
    [inputKeys.evaluator('.py'), await readFile(request.evaluator ?? exampleFiles.evaluator)],
    // JSON is YAML.
    [inputKeys.config, Buffer.from(JSON.stringify(request.config))],
  ]);
  for (const [key, content] of contents) {
    await inputs.put(key, content);
  }
  const createdAt = new Date().toISOString();
  const job = jobSchema.parse({
    version: 1,
    id,
    owner,
    name: `job-${id}`,
    createdAt,
    program: inputKeys.program('.py'),
    evaluator: inputKeys.evaluator('.py'),
    config: inputKeys.config,
    requirements: null,
    inputs: Object.fromEntries(
      [...contents].map(([key, content]) => [
        key,
        {
          bytes: content.byteLength,
          sha256: createHash('sha256').update(content).digest('hex'),
        },
      ]),
    ),
    iterations: request.iterations,
    targetScore: null,
    vcpus: request.vcpus,
    memoryMib: 8_000,
    timeoutSeconds: null,
    commitIntervalSeconds: request.commitIntervalSeconds,
    env: {},
    model: { kind: 'provider' },
    ...request.fields,
  });
  await inputs.putIfAbsent(inputKeys.job, serializeDocument(job));
  for (const number of [1, 2]) {
    const submission: Submission = {
      version: 1,
      number,
      jobId: id,
      batchJobName: job.name,
      createdAt,
      afterControl: 0,
    };
    await inputs.putIfAbsent(inputKeys.submission(number), serializeDocument(submission));
  }
  return {
    ...request,
    id,
    folder: root,
    outputs,
    environment: {
      ...bucket?.environment,
      S3_INPUT_PREFIX: uriOf(places.input),
      S3_OUTPUT_PREFIX: uriOf(places.output),
      JOB_OWNER: owner,
      JOB_SHORT_ID: id,
    },
  };
}
