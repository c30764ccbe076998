import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { containerExit } from '@openevolve-aws/job-spec';
import { outputKeys } from '@openevolve-aws/s3-layout';
import { startVersitygw } from '@openevolve-aws/test-servers';
import { makeBucket } from '../../faults/bucket.ts';
import { type Exit, startAttempt } from '../../kill/attempt.ts';
import { bundleEntrypoint } from '../../kill/bundle.ts';
import { type EvolutionLog, readEvolutionLog } from '../../kill/evolution-log.ts';
import { type FileBucket, type JobRequest, type StoredJob, submitJob } from '../../kill/job.ts';
import { type ModelServer, startModelServer } from '../../kill/model-server.ts';
import { leftoversOf, send } from '../../kill/process-tree.ts';
import { newestStockCheckpoint, startStock } from '../../kill/stock-run.ts';
import { readStanding } from '../../kill/verify.ts';
import type { Benchmark, Measurement } from '../benchmark.ts';
import { median } from '../processes.ts';

const WORKERS = 3;
const LATENCY_MS = 200;
/** Both sides save about once a second: ours by its clock, stock by its count of iterations. */
const COMMIT_INTERVAL_SECONDS = 1;
const CHECKPOINT_INTERVAL = 10;
/** Finished iterations at the signal; none of them a multiple of the interval. */
const MOMENTS = [23, 27, 34, 36, 41];
const ROUNDS = MOMENTS.length;
const LEFT_OVER_AFTER_MS = 3_000;

const POPULATION = 1_000;
const SIGNALS = 7;
/** Finished iterations of the resumed attempt at the signal. */
const FINISHED_AT_SIGNAL = 10;

/** The entrypoint, and where its jobs are stored. */
interface OurSide {
  readonly bundle: string;
  readonly bucket: FileBucket;
}

/** What one interruption cost. */
interface Interruption {
  readonly lost: number;
  /** How long before the signal the oldest lost iteration had finished. */
  readonly lostSeconds: number;
  /** From the signal to the durable commit; for stock, which makes none, to its exit. */
  readonly seconds: number;
  readonly exit: Exit;
  readonly leftovers: number;
}

type Interrupt = (
  request: JobRequest,
  folder: string,
  finished: number,
  signal: NodeJS.Signals,
) => Promise<Interruption>;

/**
 * The same run interrupted after the same number of finished iterations, ours beside stock
 * `openevolve-run`; then ours with 1,000 programs in its population. Ours commits to S3 on a real
 * server, stock writes to the disk.
 */
const benchmark: Benchmark = {
  description: 'what SIGTERM and SIGKILL cost, beside stock openevolve-run',
  async run() {
    const folder = await mkdtemp(join(tmpdir(), 'interruption-'));
    const server = await startVersitygw();
    const name = await makeBucket(server, 'jobs');
    const side: OurSide = {
      bundle: await bundleEntrypoint(folder),
      bucket: { name, folder: join(server.folder, name), environment: server.environment },
    };
    const behaviour = { latencyMs: [LATENCY_MS, LATENCY_MS] as const, failures: 0 };
    const model = await startModelServer(1, behaviour, () => 0.5);
    try {
      const rows = [
        ...(await compareSigterm(model, side, folder)),
        ...(await compareSigkill(model, side, folder)),
        ...(await manyPrograms(model, side, folder)),
      ];
      await rm(folder, { recursive: true });
      return rows;
    } finally {
      await model.close();
      await server.stop();
    }
  },
};

async function compareSigterm(
  model: ModelServer,
  side: OurSide,
  folder: string,
): Promise<Measurement[]> {
  const { ours, stock } = await sideBySide(model, side, folder, 'SIGTERM');
  return [
    {
      what: 'SIGTERM: finished iterations lost, most',
      unit: '',
      ours: most(ours, ({ lost }) => lost),
      peers: { 'openevolve-run': most(stock, ({ lost }) => lost) },
      goal: { atMost: 0 },
    },
    {
      what: 'SIGTERM: exit codes that say so',
      unit: `of ${ROUNDS}`,
      ours: ours.filter(({ exit }) => exit.code === containerExit.GO_ON).length,
      peers: { 'openevolve-run': stock.filter(({ exit }) => exit.code !== 0).length },
      goal: { atLeast: ROUNDS },
    },
    {
      what: 'SIGTERM to durable commit, most',
      unit: 's',
      ours: most(ours, ({ seconds }) => seconds),
      peers: { 'openevolve-run to its exit': most(stock, ({ seconds }) => seconds) },
      goal: { atMost: 5 },
    },
    {
      what: 'SIGTERM: processes left over, most',
      unit: '',
      ours: most(ours, ({ leftovers }) => leftovers),
      peers: { 'openevolve-run': most(stock, ({ leftovers }) => leftovers) },
      goal: { atMost: 0 },
    },
  ];
}

async function compareSigkill(
  model: ModelServer,
  side: OurSide,
  folder: string,
): Promise<Measurement[]> {
  const { ours, stock } = await sideBySide(model, side, folder, 'SIGKILL');
  return [
    {
      what: 'SIGKILL: the oldest lost iteration had finished before',
      unit: 's',
      ours: most(ours, ({ lostSeconds }) => lostSeconds),
      peers: { 'openevolve-run': most(stock, ({ lostSeconds }) => lostSeconds) },
      // The interval, the save and the commit.
      goal: { atMost: COMMIT_INTERVAL_SECONDS + 0.5 },
    },
    {
      what: 'SIGKILL: processes left over, most',
      unit: '',
      ours: most(ours, ({ leftovers }) => leftovers),
      peers: { 'openevolve-run': most(stock, ({ leftovers }) => leftovers) },
      goal: { atMost: 0 },
    },
  ];
}

async function sideBySide(
  model: ModelServer,
  side: OurSide,
  folder: string,
  signal: NodeJS.Signals,
): Promise<{ ours: Interruption[]; stock: Interruption[] }> {
  const request: JobRequest = {
    iterations: 1_000,
    vcpus: WORKERS,
    commitIntervalSeconds: COMMIT_INTERVAL_SECONDS,
    config: {
      checkpoint_interval: CHECKPOINT_INTERVAL,
      llm: model.llm,
      evaluator: { parallel_evaluations: WORKERS },
    },
  };
  const ours: Interruption[] = [];
  const stock: Interruption[] = [];
  for (const [round, finished] of MOMENTS.entries()) {
    const own = join(folder, `${signal}-${round}`);
    const take = (interrupt: Interrupt, into: Interruption[], name: string) => async () =>
      into.push(await interrupt(request, join(own, name), finished, signal));
    const turns = [take(interruptOurs(side), ours, 'ours'), take(interruptStock, stock, 'stock')];
    for (const turn of round % 2 === 0 ? turns : turns.toReversed()) {
      await turn();
    }
  }
  return { ours, stock };
}

function interruptOurs({ bundle, bucket }: OurSide): Interrupt {
  return async (request, folder, finished, signal) => {
    const job = await submitJob(folder, request, bucket);
    return interruptAttempt(job, 1, { bundle, finished, signal });
  };
}

async function interruptAttempt(
  job: StoredJob,
  number: number,
  { bundle, finished, signal }: { bundle: string; finished: number; signal: NodeJS.Signals },
): Promise<Interruption> {
  const before = (await readStanding(job)).commit?.ledger.done ?? 0;
  const attempt = await startAttempt(job, number, { bundle });
  const output = join(attempt.work, 'output');
  await finishedIn(output, finished, () => attempt.exit() !== null);
  const at = Date.now();
  send(attempt.pid, signal);
  const exit = await attempt.exited;
  const leftovers = await endOf(attempt.work);
  const { commit } = await readStanding(job);
  const log = await readEvolutionLog(output);
  const entry = commit && (await stat(join(job.outputs.root, outputKeys.commit(commit.seq))));
  return {
    ...lossIn(log, (commit?.ledger.done ?? 0) - before, at),
    // Nothing new to commit since the one before is no time at all.
    seconds: Math.max(0, ((entry?.mtimeMs ?? Number.NaN) - at) / 1000),
    exit,
    leftovers,
  };
}

const interruptStock: Interrupt = async (request, folder, finished, signal) => {
  const run = await startStock(folder, request.config, request.iterations);
  await finishedIn(run.output, finished, () => false);
  const at = Date.now();
  send(run.pid, signal);
  const exit = await run.exited;
  const seconds = (Date.now() - at) / 1000;
  const leftovers = await endOf(folder);
  const log = await readEvolutionLog(run.output);
  // It saves right after the iteration that the checkpoint is named for.
  const newest = await newestStockCheckpoint(run.output);
  const kept = log.iterations.findIndex(({ number }) => number === newest) + 1;
  return { ...lossIn(log, kept, at), seconds, exit, leftovers };
};

/** Waits until so many iterations have finished in OpenEvolve's own log. */
async function finishedIn(output: string, count: number, over: () => boolean): Promise<void> {
  while ((await readEvolutionLog(output)).iterations.length < count) {
    if (over()) {
      throw new Error(`A run ended before ${count} iterations had finished; see ${output}.`);
    }
    await delay(20);
  }
}

/** @returns how many processes are still there; they are killed then. */
async function endOf(folder: string): Promise<number> {
  const left = await leftoversOf(folder, LEFT_OVER_AFTER_MS);
  for (const pid of left) {
    send(pid, 'SIGKILL');
  }
  await leftoversOf(folder, LEFT_OVER_AFTER_MS);
  return left.length;
}

/** @param kept how many of the log's iterations the newest checkpoint holds. */
function lossIn(
  { iterations }: EvolutionLog,
  kept: number,
  at: number,
): Pick<Interruption, 'lost' | 'lostSeconds'> {
  const lost = iterations.slice(kept);
  const oldest = lost[0]?.at ?? at;
  return { lost: lost.length, lostSeconds: (at - oldest) / 1000 };
}

/** SIGTERM to resumed attempts of a run with 1,000 programs. */
async function manyPrograms(
  model: ModelServer,
  side: OurSide,
  folder: string,
): Promise<Measurement[]> {
  const request: JobRequest = {
    iterations: 1_000_000,
    vcpus: WORKERS,
    commitIntervalSeconds: 30,
    config: {
      llm: model.llm,
      database: {
        population_size: POPULATION * 1.2,
        archive_size: 100,
        // So many cells that few programs are displaced.
        feature_bins: 200,
      },
    },
  };
  const job = await submitJob(folder, request, side.bucket);
  model.behaviour.latencyMs = [0, 0];
  let attempts = 0;
  const stop = (finished: number) =>
    interruptAttempt(job, ++attempts, { bundle: side.bundle, finished, signal: 'SIGTERM' });
  let programs = 0;
  while (programs < POPULATION) {
    await stop((POPULATION - programs) * 1.2);
    programs = (await readStanding(job)).population.size;
  }
  model.behaviour.latencyMs = [LATENCY_MS, LATENCY_MS];
  const stops: Interruption[] = [];
  while (stops.length < SIGNALS) {
    stops.push(await stop(FINISHED_AT_SIGNAL));
  }
  const what = `SIGTERM at ${programs} programs`;
  return [
    {
      what: `${what} to durable commit, median of ${SIGNALS}`,
      unit: 's',
      ours: median(stops.map(({ seconds }) => seconds)),
      peers: {},
      goal: { atMost: 2 },
    },
    {
      what: `${what} to durable commit, most`,
      unit: 's',
      ours: most(stops, ({ seconds }) => seconds),
      peers: {},
      goal: { atMost: 5 },
    },
    {
      what: `${what}: finished iterations lost, most`,
      unit: '',
      ours: most(stops, ({ lost }) => lost),
      peers: {},
      goal: { atMost: 0 },
    },
  ];
}

function most(some: readonly Interruption[], of: (one: Interruption) => number): number {
  return Math.max(...some.map(of));
}

export default benchmark;
