import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { containerExit, type Settings } from '@openevolve-aws/job-spec';
import { MemoryStore, type ObjectStore } from '@openevolve-aws/object-store';
import { openAwsBackend } from '../src/aws/aws-backend.ts';
import type { AwsClients } from '../src/aws/ports.ts';
import type { Backend, BatchJob, BatchStatus } from '../src/backend.ts';
import type { SubmitRequest } from '../src/jobs/plan-submission.ts';
import { type SubmittedJob, submitJob } from '../src/jobs/submit-job.ts';
import {
  BatchModel,
  type BatchModelOptions,
  type Behaviour,
  MODEL_DEFINITION,
  MODEL_QUEUE,
} from './batch-model.ts';
import { until } from './local-machine.ts';

export const modelSettings: Settings = {
  version: 1,
  environment: 'prod',
  region: 'us-east-1',
  inputBucket: 'openevolve-prod-inputs',
  outputBucket: 'openevolve-prod-outputs',
  jobQueue: MODEL_QUEUE,
  jobDefinition: MODEL_DEFINITION.replace(/-alice$/, ''),
};

const PACE = {
  logs: { lookMs: 5, describeMs: 5, settleMs: 5, outageMs: 5_000 },
  submit: { deadlineMs: 5_000, baseDelayMs: 1, looksMs: [0, 1, 1] },
};

/** What a job of the AWS backend meets: a model of AWS Batch, and two buckets in memory. */
export class AwsMachine {
  readonly directory: string;
  readonly model: BatchModel;
  readonly backend: Backend;

  private constructor(directory: string, model: BatchModel, backend: Backend) {
    this.directory = directory;
    this.model = model;
    this.backend = backend;
  }

  static async open(options: Partial<BatchModelOptions> = {}): Promise<AwsMachine> {
    const directory = await mkdtemp(join(tmpdir(), 'aws-machine-'));
    await writeFile(join(directory, 'program.py'), '# EVOLVE-BLOCK-START\nx = 1\n');
    await writeFile(join(directory, 'evaluator.py'), 'def evaluate(path):\n    return {}\n');
    const buckets = new Map<string, ObjectStore>();
    const bucketOf = (name: string): ObjectStore => {
      const bucket = buckets.get(name) ?? new MemoryStore();
      buckets.set(name, bucket);
      return bucket;
    };
    const model = new BatchModel({
      behave: (job, attempt) => behaviourOf(bucketOf(modelSettings.inputBucket), job, attempt),
      ...options,
    });
    const clients = modelClients(model, bucketOf);
    const backend = await openAwsBackend({ settings: modelSettings, clients, pace: PACE });
    return new AwsMachine(directory, model, backend);
  }

  async close(): Promise<void> {
    await rm(this.directory, { recursive: true, force: true });
  }

  /** @param name what its attempts do. */
  submit(
    name: string,
    changes: Partial<SubmitRequest> = {},
    backend = this.backend,
  ): Promise<SubmittedJob> {
    return submitJob(backend, {
      owner: 'alice',
      program: join(this.directory, 'program.py'),
      evaluator: join(this.directory, 'evaluator.py'),
      name,
      vcpus: 1,
      model: { kind: 'provider' },
      ...changes,
    });
  }

  inState(batchJobId: string, status: BatchStatus): Promise<BatchJob> {
    return until(`job ${batchJobId} ${status}`, async () =>
      (await this.backend.describe([batchJobId])).find((job) => job.status === status),
    );
  }

  async running(name: string): Promise<SubmittedJob> {
    const job = await this.submit(name);
    await this.inState(job.batchJobId, 'RUNNING');
    return job;
  }
}

export function modelClients(
  model: BatchModel,
  bucketOf: (name: string) => ObjectStore,
): AwsClients {
  const none = async (): Promise<never> => {
    throw new Error('This service has no model.');
  };
  return {
    region: 'us-east-1',
    batch: async () => model.batch,
    logs: async () => model.logs,
    sts: none,
    ssm: none,
    secrets: none,
    quotas: none,
    sns: none,
    ecr: none,
    formation: none,
    bucket: async (name) => bucketOf(name),
  };
}

const never = new Promise<never>(() => undefined);

/** What the entrypoint's double does, without a process. */
function behaviourOf(
  inputs: ObjectStore,
  job: {
    jobName: string | undefined;
    container?:
      | { environment?: { name?: string | undefined; value?: string | undefined }[] | undefined }
      | undefined;
  },
  attempt: number,
): Behaviour {
  const name = (job.jobName ?? '').replace(/-[0-9a-f]{8}-\d+$/, '');
  const lines = [`attempt ${attempt} of ${name}`];
  const onTerm = { exitCode: containerExit.GO_ON };
  const done = { lines, ends: Promise.resolve({ exitCode: 0 }), onTerm };
  switch (name) {
    case 'interrupted-once':
      return attempt === 1
        ? { lines, ends: Promise.resolve({ exitCode: containerExit.GO_ON }), onTerm }
        : done;
    case 'loses-its-machine':
      return attempt === 1
        ? {
            lines,
            ends: Promise.resolve({
              statusReason: 'Host EC2 (instance i-0123456789abcdef0) terminated.',
            }),
            onTerm,
          }
        : done;
    case 'bad-program':
      return { lines, ends: Promise.resolve({ exitCode: containerExit.BAD_PROGRAM }), onTerm };
    case 'sleeps':
      return { lines, ends: never, onTerm };
    case 'stops-on-request':
      return { lines, ends: stopRequest(inputs), onTerm };
    case 'talks': {
      const many = Array.from({ length: 8 }, (_, index) => `line ${index + 1}`);
      return { lines: many, ends: Promise.resolve({ exitCode: 0 }), onTerm };
    }
    default:
      return done;
  }
}

async function stopRequest(inputs: ObjectStore): Promise<{ exitCode: number }> {
  await until('a request to stop', async () => {
    for await (const { key } of inputs.list('users/')) {
      if (key.includes('/control/')) {
        return true;
      }
    }
    return false;
  });
  return { exitCode: containerExit.STOPPED };
}
