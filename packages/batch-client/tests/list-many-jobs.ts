import { MemoryStore } from '@openevolve-aws/object-store';
import { batchJobName, jobPrefixes, timeIndexKey } from '@openevolve-aws/s3-layout';
import { openAwsBackend } from '../src/aws/aws-backend.ts';
import { listJobs } from '../src/jobs/list-jobs.ts';
import { modelClients, modelSettings } from './aws-machine.ts';
import { BatchModel } from './batch-model.ts';

export interface ListReport {
  readonly jobs: number;
  readonly seconds: number;
  /** Of the processor, which other programs do not lengthen. */
  readonly cpuMs: number;
  /** Until the first job of the list. */
  readonly firstMs: number;
  /** Calls of AWS Batch. */
  readonly calls: number;
  /** Heap in use at the end beyond the beginning, while no job is kept. */
  readonly heapMib: number;
}

/** Lists an owner's jobs, all of which AWS Batch still knows. */
export async function listManyJobs(jobs: number): Promise<ListReport> {
  const inputs = new MemoryStore();
  const model = new BatchModel({
    holdIn: 'SUBMITTED',
    behave: () => {
      throw new Error('No job of this model runs.');
    },
  });
  for (let number = 0; number < jobs; number += 1) {
    const jobId = number.toString(16).padStart(8, '0');
    const name = batchJobName({ name: 'many', id: jobId }, 1);
    const prefix = jobPrefixes('alice', jobId).input;
    const { jobId: batchJobId = '' } = await model.batch.submitJob({
      jobName: name,
      jobQueue: modelSettings.jobQueue,
      jobDefinition: 'openevolve-prod-job-alice',
      shareIdentifier: 'alice',
      containerOverrides: {
        environment: [
          { name: 'JOB_OWNER', value: 'alice' },
          { name: 'JOB_SHORT_ID', value: jobId },
          { name: 'S3_INPUT_PREFIX', value: `s3://${modelSettings.inputBucket}/${prefix}` },
        ],
      },
    });
    const createdAt = new Date(Date.UTC(2026, 0, 1) + number * 1_000).toISOString();
    for (const id of [null, batchJobId]) {
      const entry = { createdAt, jobId, submission: 1, name: 'many', batchJobId: id };
      await inputs.put(timeIndexKey('alice', entry), new Uint8Array());
    }
  }
  model.calls.length = 0;
  const clients = modelClients(model, () => inputs);
  const backend = await openAwsBackend({ settings: modelSettings, clients });
  globalThis.gc?.();
  const heap = process.memoryUsage().heapUsed;
  const began = performance.now();
  const cpu = process.cpuUsage();
  let firstMs = 0;
  let seen = 0;
  for await (const _ of listJobs(backend, 'alice')) {
    seen += 1;
    firstMs ||= performance.now() - began;
  }
  if (seen !== jobs) {
    throw new Error(`The list has ${seen} of ${jobs} jobs.`);
  }
  const { user, system } = process.cpuUsage(cpu);
  const cpuMs = (user + system) / 1_000;
  const seconds = (performance.now() - began) / 1_000;
  globalThis.gc?.();
  const heapMib = (process.memoryUsage().heapUsed - heap) / 2 ** 20;
  return { jobs, seconds, cpuMs, firstMs, calls: model.calls.length, heapMib };
}
