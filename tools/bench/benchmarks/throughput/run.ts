import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { Job } from '@openevolve-aws/job-spec';
import { attemptCommand, python } from '../../../kill/attempt.ts';
import { exampleFiles, submitJob } from '../../../kill/job.ts';
import { startModelServer } from '../../../kill/model-server.ts';
import { leftoversOf, processesOf, send } from '../../../kill/process-tree.ts';
import { openevolveRun } from '../../../kill/stock-run.ts';
import { median } from '../../processes.ts';

/** From the first reply on, until all workers are there and busy. */
const WARM_UP_MS = 15_000;
const MEASURED_MS = 25_000;
const ITERATIONS = 1_000_000;
const KIB_PER_MIB = 1024;
/** Of the evaluator alone. */
const BARE_EVALUATIONS = 30;

export interface Load {
  /** Mean of the model's times, which are drawn from half to one and a half of it. */
  readonly modelSeconds: number;
  /** CPU seconds of an evaluation. */
  readonly evaluationSeconds: number;
}

/** How a run went while it was measured. */
export interface Rate {
  readonly perSecond: number;
  /** Median wall time that the evaluator noted. */
  readonly evaluationSeconds: number;
  readonly workers: number;
  readonly memoryMib: number;
}

interface RunOptions extends Load {
  readonly vcpus: number;
  /** As many as the runner finds right without it. */
  readonly workers?: number;
}

/** What is run, with what environment, once model and evaluator are there. */
type CommandOf = (
  config: Readonly<Record<string, unknown>>,
  evaluator: string,
) => Promise<{ line: readonly string[]; env: NodeJS.ProcessEnv }>;

/** Measures a job of ours, run as the container runs it. */
export async function measureOurs(
  folder: string,
  options: RunOptions,
  bundle: string,
): Promise<Rate> {
  const fields: Partial<Job> = { workers: options.workers ?? 'auto' };
  return measure(folder, options, async (config, evaluator) => {
    const job = await submitJob(folder, {
      iterations: ITERATIONS,
      vcpus: options.vcpus,
      commitIntervalSeconds: 30,
      config,
      evaluator,
      fields,
    });
    const { command, env } = await attemptCommand(job, 1, { bundle });
    return { line: command, env };
  });
}

/** Measures a bare `openevolve-run` with as many workers as vCPUs. */
export async function measureStock(folder: string, options: RunOptions): Promise<Rate> {
  return measure(folder, options, async (config, evaluator) => {
    const configFile = join(folder, 'config.yaml');
    // JSON is YAML.
    await writeFile(configFile, JSON.stringify(config));
    const output = join(folder, 'output');
    const args = ['--config', configFile, '--output', output, '--iterations', String(ITERATIONS)];
    return { line: [openevolveRun, exampleFiles.program, evaluator, ...args], env: process.env };
  });
}

/**
 * What the machine itself makes of evaluations: median wall time in as many bare processes at once as
 * vCPUs. Far above its CPU time, something else was running, and other times mean little.
 */
export async function measureBare(folder: string, options: RunOptions): Promise<number> {
  await mkdir(folder, { recursive: true });
  const { notes } = await writeEvaluator(folder, options);
  const loop = `import evaluator\nfor _ in range(${BARE_EVALUATIONS}): evaluator.evaluate('evaluator.py')`;
  const processes = Array.from({ length: options.vcpus }, () =>
    promisify(execFile)(python, ['-B', '-c', loop], { cwd: folder }),
  );
  await Promise.all(processes);
  return evaluationTime(await readFile(notes, 'utf8'), 0, Number.POSITIVE_INFINITY);
}

async function writeEvaluator(folder: string, { evaluationSeconds }: Load) {
  const notes = join(folder, 'notes.txt');
  const evaluator = join(folder, 'evaluator.py');
  const source = await readFile(join(import.meta.dirname, 'evaluator.py'), 'utf8');
  const settings = `CPU_SECONDS = ${evaluationSeconds}\nNOTES = ${JSON.stringify(notes)}\n`;
  await writeFile(evaluator, settings + source);
  return { evaluator, notes };
}

async function measure(folder: string, options: RunOptions, command: CommandOf): Promise<Rate> {
  await mkdir(folder, { recursive: true });
  const { evaluator, notes } = await writeEvaluator(folder, options);
  const replies: number[] = [];
  const { promise: firstReply, resolve: replied } = Promise.withResolvers<void>();
  const model = await startModelServer(
    1,
    {
      latencyMs: [options.modelSeconds * 500, options.modelSeconds * 1_500],
      failures: 0,
      onReply: () => {
        replies.push(Date.now());
        replied();
      },
    },
    Math.random,
  );
  try {
    const { line, env } = await command(
      {
        llm: model.llm,
        database: { log_prompts: false },
        evaluator: { parallel_evaluations: options.vcpus, cascade_evaluation: false },
      },
      evaluator,
    );
    const [program = '', ...args] = line;
    const file = openSync(join(folder, 'output.log'), 'w');
    const child = spawn(program, args, { cwd: folder, env, stdio: ['ignore', file, file] });
    closeSync(file);
    const ended = once(child, 'exit');
    await Promise.race([firstReply.then(() => delay(WARM_UP_MS)), ended]);
    const from = Date.now();
    await Promise.race([delay(MEASURED_MS), ended]);
    const to = Date.now();
    if (child.exitCode !== null || child.pid === undefined) {
      throw new Error(`A run ended with ${child.exitCode}, so it has no rate; see ${folder}.`);
    }
    const memoryMib = memoryOf(folder);
    const workers = workersOf(folder);
    send(child.pid, 'SIGTERM');
    await ended;
    for (const pid of await leftoversOf(folder, 5_000)) {
      send(pid, 'SIGKILL');
    }
    const within = replies.filter((at) => at >= from && at < to);
    return {
      perSecond: (within.length / (to - from)) * 1_000,
      evaluationSeconds: evaluationTime(await readFile(notes, 'utf8'), from, to),
      workers,
      memoryMib,
    };
  } finally {
    await model.close();
  }
}

function evaluationTime(notes: string, from: number, to: number): number {
  const times = notes
    .trim()
    .split('\n')
    .map((line) => line.split(' ').map(Number) as [number, number])
    .filter(([began, ended]) => began * 1_000 >= from && ended * 1_000 < to)
    .map(([began, ended]) => ended - began);
  return median(times);
}

/** Pages that processes share count for each by its part. */
function memoryOf(folder: string): number {
  const parts = processesOf(folder).map(({ pid }) => {
    const rollup = readOrNothing(`/proc/${pid}/smaps_rollup`);
    return Number(/^Pss:\s+(\d+) kB$/m.exec(rollup)?.[1] ?? 0);
  });
  return parts.reduce((sum, part) => sum + part, 0) / KIB_PER_MIB;
}

/** Processes with the greatest number of siblings: those of a pool. */
function workersOf(folder: string): number {
  const siblings = new Map<number, number>();
  for (const { parent } of processesOf(folder)) {
    siblings.set(parent, (siblings.get(parent) ?? 0) + 1);
  }
  return Math.max(...siblings.values());
}

function readOrNothing(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return ''; // it has just ended
  }
}
