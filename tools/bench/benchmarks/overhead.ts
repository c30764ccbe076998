import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { attemptCommand, python } from '../../kill/attempt.ts';
import { bundleEntrypoint } from '../../kill/bundle.ts';
import { type JobRequest, submitJob } from '../../kill/job.ts';
import { startModelServer } from '../../kill/model-server.ts';
import { stockCommand } from '../../kill/stock-run.ts';
import type { Benchmark } from '../benchmark.ts';
import { median } from '../processes.ts';

const PAIRS = 7;
const WORKERS = 4;
/** With 1 s a reply and 4 workers a run takes 12 to 15 s. */
const ITERATIONS = 48;
const LATENCY_MS = 1_000;
const SEED = 1;
const MB = 1e6;

interface Cost {
  readonly seconds: number;
  readonly cpu_seconds: number;
  readonly peak_bytes: number;
}

/**
 * A whole run of ours, from the start of the container's program to its exit with all results
 * stored, beside a whole run of bare `openevolve-run`: same model, seed, workers and iterations.
 */
const benchmark: Benchmark = {
  description: 'a whole run beside bare openevolve-run: time, CPU, memory of the supervisor',
  async run() {
    const folder = await mkdtemp(join(tmpdir(), 'overhead-'));
    const bundle = await bundleEntrypoint(folder);
    const ours: Cost[] = [];
    const stock: Cost[] = [];
    for (let pair = 0; pair < PAIRS; pair++) {
      const run = join(folder, String(pair));
      await mkdir(run);
      const turns = [
        async () => ours.push(await costOf(run, ourCommand(bundle))),
        async () => stock.push(await costOf(run, stockCommandLine)),
      ];
      for (const turn of pair % 2 === 0 ? turns : turns.toReversed()) {
        await turn();
      }
    }
    await rm(folder, { recursive: true });
    const middle = (costs: readonly Cost[], of: (cost: Cost) => number) => median(costs.map(of));
    const wall = (cost: Cost) => cost.seconds;
    const cpu = (cost: Cost) => cost.cpu_seconds;
    const peak = (cost: Cost) => cost.peak_bytes / MB;
    return [
      {
        what: 'wall clock',
        unit: 's',
        ours: middle(ours, wall),
        peers: { 'openevolve-run': middle(stock, wall) },
        goal: { peer: 'openevolve-run', atMost: 1.03 },
      },
      {
        what: 'CPU of all processes',
        unit: 's',
        ours: middle(ours, cpu),
        peers: { 'openevolve-run': middle(stock, cpu) },
        goal: { peer: 'openevolve-run', atMost: 1.03 },
      },
      {
        what: 'peak memory of the entrypoint',
        unit: 'MB',
        ours: Math.max(...ours.map(peak)),
        peers: {},
        goal: { atMost: 120 },
      },
    ];
  },
};

/** What is run, and with which environment. */
interface Command {
  readonly line: readonly string[];
  readonly env: NodeJS.ProcessEnv;
}

type CommandOf = (folder: string, request: JobRequest) => Promise<Command>;

function ourCommand(bundle: string): CommandOf {
  return async (folder, request) => {
    const job = await submitJob(folder, request);
    const { command, env } = await attemptCommand(job, 1, { bundle });
    return { line: command, env };
  };
}

async function stockCommandLine(folder: string, request: JobRequest): Promise<Command> {
  const { config, iterations } = request;
  const { command } = await stockCommand(join(folder, 'stock'), config, iterations);
  return { line: command, env: process.env };
}

/** Runs a command in a process of its own, since the model it talks to lives in this one. */
async function costOf(folder: string, commandOf: CommandOf): Promise<Cost> {
  // A fresh model each time: what it proposes follows from what it has seen.
  const behaviour = { latencyMs: [LATENCY_MS, LATENCY_MS], failures: 0 } as const;
  const model = await startModelServer(SEED, behaviour, () => 0.5);
  try {
    const { line, env } = await commandOf(folder, {
      iterations: ITERATIONS,
      vcpus: WORKERS,
      commitIntervalSeconds: 30,
      fields: { workers: WORKERS },
      config: { llm: model.llm, evaluator: { parallel_evaluations: WORKERS } },
    });
    const file = join(folder, 'cost.json');
    await runToEnd([join(import.meta.dirname, 'process-cost.py'), file, ...line], env, folder);
    return JSON.parse(await readFile(file, 'utf8')) as Cost;
  } finally {
    await model.close();
  }
}

async function runToEnd(args: string[], env: NodeJS.ProcessEnv, folder: string): Promise<void> {
  const output = join(folder, 'output.log');
  const file = openSync(output, 'w');
  const child = spawn(python, args, { cwd: folder, env, stdio: ['ignore', file, file] });
  closeSync(file);
  const [code] = await once(child, 'exit');
  if (code !== 0) {
    throw new Error(`A run ended with ${code}, so it has no cost; see ${output}.`);
  }
}

export default benchmark;
