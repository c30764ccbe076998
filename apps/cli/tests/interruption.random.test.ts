import { randomInt } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  type Backend,
  describeJob,
  drillJob,
  fetchResults,
  followLogs,
  isTerminal,
  openLocalBackend,
  submitJob,
} from '@openevolve-aws/batch-client';
import { logEntrySchema } from '@openevolve-aws/job-spec';
import { jobPrefixes, outputKeys } from '@openevolve-aws/s3-layout';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type BuiltCommand, builtCommand, processesOf, until } from './built-command.ts';

const ITERATIONS = 40;
const owner = 'alice';
const example = fileURLToPath(new URL('../../../examples/function-minimization', import.meta.url));
const program = fileURLToPath(new URL('../dist/main.js', import.meta.url));

let command: BuiltCommand;
let backend: Backend;

beforeEach(async () => {
  command = await builtCommand();
  process.env.OPENEVOLVE_PYTHON = fileURLToPath(
    new URL('../../../.venv/bin/python', import.meta.url),
  );
  backend = await openLocalBackend({
    directory: command.home,
    supervisor: [process.execPath, program, 'local-supervisor', '--home', command.home],
    variables: {},
  });
});

afterEach(() => command.dispose());

/** Numbers of the iterations that the log says have finished, by attempt. */
async function readFinished(jobId: string): Promise<number[][]> {
  const attempts: number[][] = [];
  for await (const { attempt, text } of followLogs(backend, owner, jobId, { follow: false })) {
    const iteration = /^INFO {2}\S+ Iteration (\d+) \(/.exec(text);
    attempts[attempt - 1] ??= [];
    if (iteration) {
      attempts[attempt - 1]?.push(Number(iteration[1]));
    }
  }
  return attempts;
}

/** How many iterations the newest commit of each generation holds. */
async function readCommitted(jobId: string): Promise<Map<number, number>> {
  const committed = new Map<number, number>();
  const { output } = jobPrefixes(owner, jobId);
  for await (const { key } of backend.outputs.list(`${output}/${outputKeys.commits}`)) {
    const content = new TextDecoder().decode(await backend.outputs.get(key));
    const entry = logEntrySchema.parse(JSON.parse(content));
    if (entry.kind === 'commit') {
      committed.set(entry.generation, entry.ledger.done);
    }
  }
  return committed;
}

async function traceOf(jobId: string): Promise<number[]> {
  const directory = join(command.folder, 'results');
  await fetchResults(backend, owner, jobId, { directory });
  const trace = await readFile(join(directory, 'logs', 'iterations.jsonl'), 'utf8');
  return trace
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as { iteration: number }).iteration);
}

it.each([
  { notice: 5, what: 'with notice' },
  { notice: 0, what: 'without notice' },
])(
  'does exactly what was asked when its machine is taken $what at random moments',
  async ({ notice }) => {
    const seed = Number(process.env.OPENEVOLVE_TEST_SEED ?? randomInt(2 ** 31));
    const moments = [0.1 + 0.2 * fraction(seed, 1), 0.4 + 0.2 * fraction(seed, 2)];
    console.log(
      `OPENEVOLVE_TEST_SEED=${seed}: machine taken at ${moments.map((m) => Math.round(m * ITERATIONS)).join(' and ')} iterations`,
    );
    const { jobId } = await submitJob(backend, {
      owner,
      program: join(example, 'initial_program.py'),
      evaluator: join(example, 'evaluator.py'),
      iterations: ITERATIONS,
      vcpus: 3,
      commitIntervalSeconds: 1,
      model: { kind: 'offline', seed, latencyMs: 300 },
    });

    for (const [index, moment] of moments.entries()) {
      await until(async () => {
        const { batch, progress } = await describeJob(backend, owner, jobId);
        return (
          batch.status === 'RUNNING' &&
          batch.attempts.length === index + 1 &&
          (progress?.ledger.done ?? 0) >= moment * ITERATIONS
        );
      });
      await drillJob(backend, owner, jobId, notice);
      // With notice, the last iterations may finish while it stops: then nothing is left to do.
      await until(async () => {
        const { batch } = await describeJob(backend, owner, jobId);
        return batch.attempts.length > index + 1 || isTerminal(batch.status);
      });
    }
    const view = await until(async () => {
      const now = await describeJob(backend, owner, jobId);
      return isTerminal(now.batch.status) ? now : null;
    });

    expect(view.batch.status).toBe('SUCCEEDED');
    expect(view.progress?.ledger).toMatchObject({ asked: ITERATIONS, done: ITERATIONS });
    const trace = await traceOf(jobId);
    expect(trace).toHaveLength(ITERATIONS);
    expect(new Set(trace).size).toBe(ITERATIONS);

    const finished = await readFinished(jobId);
    expect(finished.length).toBeGreaterThan(1);
    const committed = await readCommitted(jobId);
    const kept = new Set(trace);
    finished.forEach((iterations, index) => {
      const lost = iterations.filter((iteration) => !kept.has(iteration)).length;
      const attempt = view.attempts[index];
      const before = attempt?.resumedFrom?.iterationsDone ?? 0;
      const saved = committed.get(attempt?.generation ?? 0) ?? before;
      // A kill takes no more than what had finished since the last commit; a notice takes nothing.
      expect(lost).toBeLessThanOrEqual(notice > 0 ? 0 : before + iterations.length - saved);
    });
    await until(async () => (await processesOf(command.folder)).length === 0);
  },
);

/** A number in [0, 1) that follows from a seed and an index. */
function fraction(seed: number, index: number): number {
  return ((Math.imul(seed ^ (index * 0x9e3779b1), 0x85ebca6b) >>> 0) % 10_000) / 10_000;
}
