import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { JobLog, type JobState } from '@openevolve-aws/checkpoint-sync';
import {
  type Attempt,
  type AttemptOptions,
  builtEntrypoint,
  startAttempt,
} from '../kill/attempt.ts';
import { type JobRequest, type StoredJob, submitJob } from '../kill/job.ts';
import type { Provider } from './provider.ts';

/** A job on a provider, and its attempts one after the other. */
export interface RunningJob extends AsyncDisposable {
  readonly job: StoredJob;
  /** Starts the next attempt. */
  attempt(options?: AttemptOptions): Promise<Attempt>;
  state(): Promise<JobState>;
}

const WORKERS = 3;

export async function startJob(
  provider: Provider,
  variables: Readonly<Record<string, string>>,
  request: Partial<JobRequest> = {},
): Promise<RunningJob> {
  const folder = await mkdtemp(join(tmpdir(), 'llm-'));
  const job = await submitJob(folder, {
    iterations: 30,
    vcpus: WORKERS,
    commitIntervalSeconds: 1,
    config: { llm: provider.llm },
    ...request,
    // A number that leaves time for what is to happen on the way.
    fields: { workers: WORKERS, ...request.fields },
  });
  // A build meanwhile must not change what runs.
  const bundle = join(folder, 'entrypoint');
  await cp(builtEntrypoint, bundle, { recursive: true });
  let attempts = 0;
  return {
    job,
    attempt: (options = {}) => startAttempt(job, ++attempts, { bundle, variables, ...options }),
    state: async () => (await JobLog.open(job.outputs)).state,
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}
