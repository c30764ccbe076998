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
    secrets: {},
  });
});

afterEach(() => command.dispose());

interface Attempt {
  /** Numbers of the iterations that the log says have finished. */
  readonly finished: number[];
  /** How many iterations the last commit of the attempt held. */
  committed: number | null;
}

async function readAttempts(jobId: string): Promise<Attempt[]> {
  const attempts: Attempt[] = [];
  for await (const { attempt, text } of followLogs(backend, owner, jobId, { follow: false })) {
    attempts[attempt - 1] ??= { finished: [], committed: null };
    const current = attempts[attempt - 1];
    const iteration = /^INFO {2}\S+ Iteration (\d+) \(/.exec(text);
    const commit = /^INFO {2}\S+ Commit \d+ \(\w+\): (\d+) of/.exec(text);
    if (current && iteration) {
      current.finished.push(Number(iteration[1]));
    } else if (current && commit) {
      current.committed = Number(commit[1]);
    }
  }
  return attempts;
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
    const seed = randomInt(2 ** 31);
    const moments = [0.1 + 0.3 * fraction(seed, 1), 0.5 + 0.3 * fraction(seed, 2)];
    console.log(
      `seed ${seed}: machine taken at ${moments.map((m) => Math.round(m * ITERATIONS)).join(' and ')} iterations`,
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
      await until(
        async () => (await describeJob(backend, owner, jobId)).batch.attempts.length > index + 1,
      );
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

    const attempts = await readAttempts(jobId);
    expect(attempts).toHaveLength(3);
    const kept = new Set(trace);
    let before = 0;
    for (const { finished, committed } of attempts) {
      const lost = finished.filter((iteration) => !kept.has(iteration));
      if (notice > 0) {
        expect(lost).toEqual([]);
      } else {
        // A kill takes no more than what had finished since the last commit.
        expect(lost.length).toBeLessThanOrEqual(before + finished.length - (committed ?? before));
      }
      before = committed ?? before;
    }
    await until(async () => (await processesOf(command.folder)).length === 0);
  },
);

/** A number in [0, 1) that follows from a seed and an index. */
function fraction(seed: number, index: number): number {
  return ((Math.imul(seed ^ (index * 0x9e3779b1), 0x85ebca6b) >>> 0) % 10_000) / 10_000;
}
