import { type Job, jobSchema, type Summary, serializeDocument } from '@openevolve-aws/job-spec';
import { MemoryStore } from '@openevolve-aws/object-store';
import type { Backend, BatchJob, BatchSubmission } from '../src/backend.ts';

/** Two stores in memory; jobs are noted and never run. */
export interface MemoryBackend extends Backend {
  readonly submissions: BatchSubmission[];
}

/** @param changes other parts of the backend, such as a store with faults. */
export function memoryBackend(changes: Partial<Backend> = {}): MemoryBackend {
  const submissions: BatchSubmission[] = [];
  return {
    kind: 'local',
    inputs: new MemoryStore(),
    outputs: new MemoryStore(),
    inputUri: (key) => `memory:///inputs/${key}`,
    outputUri: (key) => `memory:///outputs/${key}`,
    submit: async (submission) => {
      submissions.push(submission);
      return `00000000-0000-4000-8000-00000000000${submissions.length}`;
    },
    describe: async (ids) =>
      submissions.map(waiting).filter(({ batchJobId }) => ids.includes(batchJobId)),
    idsInState: async (status) =>
      new Set(
        submissions
          .map(waiting)
          .filter((job) => job.status === status)
          .map(({ batchJobId }) => batchJobId),
      ),
    explainWait: async () => null,
    find: async (name) =>
      submissions.map(waiting).find(({ batchJobName }) => batchJobName === name)?.batchJobId ??
      null,
    terminate: async () => undefined,
    interrupt: async () => undefined,
    async *logs() {},
    ...changes,
    submissions,
  };
}

function waiting(
  submission: BatchSubmission,
  index: number,
): BatchJob & { readonly batchJobId: string } {
  return {
    batchJobId: `00000000-0000-4000-8000-00000000000${index + 1}`,
    batchJobName: submission.batchJobName,
    owner: submission.owner,
    jobId: submission.jobId,
    submission: submission.submission,
    status: 'RUNNABLE',
    statusReason: null,
    createdAt: '2026-01-01T00:00:00.000Z',
    startedAt: null,
    stoppedAt: null,
    attempts: [],
  };
}

/** The best program of a summary, in a file. */
export const bestIn = (file: string): NonNullable<Summary['best']> => ({
  id: 'x',
  iteration: 1,
  score: 1,
  metrics: {},
  file,
});

/** Makes a job with results in a backend's stores. */
export async function storeResults(
  backend: Backend,
  changes: Partial<Summary> = {},
  owner = 'alice',
  id = '0a1b2c3d',
): Promise<{ job: Job; prefix: string }> {
  const file = { bytes: 1, sha256: '0'.repeat(64) };
  const job = jobSchema.parse({
    version: 1,
    id,
    owner,
    name: 'first',
    createdAt: '2026-01-01T00:00:00.000Z',
    program: 'initial_program.py',
    evaluator: 'evaluator.py',
    config: null,
    requirements: null,
    inputs: { 'initial_program.py': file, 'evaluator.py': file },
    iterations: 1,
    targetScore: null,
    vcpus: 1,
    memoryMib: 1024,
    timeoutSeconds: null,
    env: {},
    model: { kind: 'provider' },
  });
  const summary: Summary = {
    version: 1,
    jobId: job.id,
    owner: job.owner,
    name: job.name,
    outcome: 'iterations',
    iterations: { asked: 1, completed: 1, failed: 0 },
    candidates: 1,
    initial: null,
    best: bestIn('best_program.py'),
    tokens: { prompt: 0, completion: 0 },
    model: { kind: 'provider', note: '' },
    startedAt: job.createdAt,
    endedAt: job.createdAt,
    finalCommit: 1,
    attempts: [],
    ...changes,
  };
  const prefix = `users/${job.owner}/${job.id}/output`;
  await backend.inputs.put(`users/${owner}/${job.id}/input/job.json`, serializeDocument(job));
  await backend.outputs.put(`${prefix}/evolution_summary.json`, serializeDocument(summary));
  await backend.outputs.put(`${prefix}/best_program.py`, new TextEncoder().encode('x = 2\n'));
  await backend.outputs.put(`${prefix}/logs/attempt-1.log`, new TextEncoder().encode('a line\n'));
  return { job, prefix };
}
