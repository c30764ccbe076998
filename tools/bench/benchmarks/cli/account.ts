import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openAwsBackend, submitJob } from '@openevolve-aws/batch-client';
import { startMoto } from '@openevolve-aws/test-servers';
import { AwsAccount } from '../../../../packages/batch-client/tests/aws-account.ts';
import { storeResults } from '../../../../packages/batch-client/tests/memory-backend.ts';

/** Whom moto takes every caller for. */
const OWNER = 'moto';
const JOBS = 20;

/** An account on moto with jobs that are done, for commands of whole processes. */
export interface Account {
  /** A job with results. */
  readonly jobId: string;
  readonly batchJobId: string;
  readonly queue: string;
  /** Where its results are: `s3://...`. */
  readonly outputUri: string;
  /** For what is downloaded. */
  readonly folder: string;
  stop(): Promise<void>;
}

/** Sets this process's environment as the guide has it, for the commands that it starts. */
export async function openAccount(): Promise<Account> {
  const moto = await startMoto();
  const { settings } = await AwsAccount.deploy(moto, OWNER);
  Object.assign(process.env, moto.environment, {
    OPENEVOLVE_INPUT_BUCKET: settings.inputBucket,
    OPENEVOLVE_OUTPUT_BUCKET: settings.outputBucket,
    OPENEVOLVE_JOB_QUEUE: settings.jobQueue,
    OPENEVOLVE_JOB_DEFINITION: settings.jobDefinition,
  });
  const folder = await mkdtemp(path.join(tmpdir(), 'bench-cli-'));
  const program = path.join(folder, 'program.py');
  const evaluator = path.join(folder, 'evaluator.py');
  await writeFile(program, '# EVOLVE-BLOCK-START\nx = 1\n');
  await writeFile(evaluator, 'def evaluate(path):\n    return {}\n');
  const backend = await openAwsBackend({ settings });
  const request = { owner: OWNER, program, evaluator, model: { kind: 'provider' } } as const;
  const submitted = await submitJob(backend, request);
  for (let more = 1; more < JOBS; more += 1) {
    await submitJob(backend, request);
  }
  await storeResults(backend, {}, OWNER, submitted.jobId);
  const { jobId, batchJobId, outputUri } = submitted;
  return {
    jobId,
    batchJobId,
    outputUri,
    queue: settings.jobQueue,
    folder,
    async stop() {
      await moto.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
