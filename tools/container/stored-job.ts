import { createHash, randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import {
  type AttemptRecord,
  attemptRecordSchema,
  type Job,
  jobSchema,
  type Submission,
  type Summary,
  serializeDocument,
  summarySchema,
} from '@openevolve-aws/job-spec';
import { type ObjectStore, openStore } from '@openevolve-aws/object-store';
import { inputKeys, jobPrefixes, outputKeys } from '@openevolve-aws/s3-layout';

const owner = 'alice';

export interface JobRequest {
  /** Paths of files. */
  readonly program: string;
  readonly evaluator: string;
  readonly iterations: number;
  readonly requirements?: string;
  /** OpenEvolve's config. */
  readonly config?: Readonly<Record<string, unknown>>;
  readonly env?: Readonly<Record<string, string>>;
  /** Of the offline model's replies. */
  readonly latencyMs?: number;
  readonly vcpus?: number;
  readonly memoryMib?: number;
}

/** A submitted job in S3. */
export interface StoredJob {
  readonly id: string;
  /** What tells a container which job it runs. */
  readonly environment: Readonly<Record<string, string>>;
  readonly outputs: ObjectStore;
  /** The records of its attempts, oldest first. */
  attempts(): Promise<AttemptRecord[]>;
  summary(): Promise<Summary>;
}

/**
 * Submits a job the way the SDK does: inputs, `job.json`, one submission.
 *
 * @param bucket holds inputs and outputs.
 */
export async function submitJob(bucket: string, request: JobRequest): Promise<StoredJob> {
  const id = randomBytes(4).toString('hex');
  const prefixes = jobPrefixes(owner, id);
  const uris = {
    input: `s3://${bucket}/${prefixes.input}`,
    output: `s3://${bucket}/${prefixes.output}`,
  };
  const inputs = await openStore(uris.input);
  const outputs = await openStore(uris.output);
  const program = inputKeys.program(extname(request.program));
  const evaluator = inputKeys.evaluator('.py');
  const contents = new Map<string, Uint8Array>([
    [program, await readFile(request.program)],
    [evaluator, await readFile(request.evaluator)],
  ]);
  if (request.requirements !== undefined) {
    contents.set(inputKeys.requirements, Buffer.from(request.requirements));
  }
  if (request.config !== undefined) {
    // JSON is YAML.
    contents.set(inputKeys.config, Buffer.from(JSON.stringify(request.config)));
  }
  for (const [key, content] of contents) {
    await inputs.put(key, content);
  }
  const createdAt = new Date().toISOString();
  const job: Job = jobSchema.parse({
    version: 1,
    id,
    owner,
    name: `job-${id}`,
    createdAt,
    program,
    evaluator,
    config: request.config === undefined ? null : inputKeys.config,
    requirements: request.requirements === undefined ? null : inputKeys.requirements,
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
    vcpus: request.vcpus ?? 2,
    memoryMib: request.memoryMib ?? 2_600,
    timeoutSeconds: null,
    commitIntervalSeconds: 30,
    env: request.env ?? {},
    model: { kind: 'offline', seed: 1, latencyMs: request.latencyMs ?? 0 },
  });
  await inputs.putIfAbsent(inputKeys.job, serializeDocument(job));
  const submission: Submission = {
    version: 1,
    number: 1,
    jobId: id,
    batchJobName: job.name,
    createdAt,
    afterControl: 0,
  };
  await inputs.putIfAbsent(inputKeys.submission(1), serializeDocument(submission));
  const readJson = async (key: string): Promise<unknown> =>
    JSON.parse(new TextDecoder().decode(await outputs.get(key)));
  return {
    id,
    outputs,
    environment: {
      S3_INPUT_PREFIX: uris.input,
      S3_OUTPUT_PREFIX: uris.output,
      JOB_OWNER: owner,
      JOB_SHORT_ID: id,
    },
    async attempts() {
      const records: AttemptRecord[] = [];
      for await (const { key } of outputs.list(outputKeys.attempts)) {
        records.push(attemptRecordSchema.parse(await readJson(key)));
      }
      return records.sort((a, b) => a.generation - b.generation);
    },
    summary: async () => summarySchema.parse(await readJson(outputKeys.summary)),
  };
}
