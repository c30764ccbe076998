import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { goProgram, type Server, startVersitygw } from '@openevolve-aws/test-servers';
import { type BaseImages, prepareBaseImages } from '../../container/base-images.ts';
import {
  buildImage,
  buildImageFrom,
  imageName,
  storedLayers,
} from '../../container/build-image.ts';
import { collect, removeContainers, startContainer } from '../../container/container.ts';
import { prepareEngine } from '../../container/engine.ts';
import { type StoredJob, submitJob } from '../../container/stored-job.ts';
import { makeBucket } from '../../faults/bucket.ts';
import { python } from '../../kill/attempt.ts';
import { bundleEntrypoint } from '../../kill/bundle.ts';
import { exampleFiles } from '../../kill/job.ts';
import type { Benchmark, Measurement } from '../benchmark.ts';
import { median } from '../processes.ts';

const ROUNDS = 5;
const MB = 1e6;
const root = join(import.meta.dirname, '../../..');
const targets = ['slim', 'full'] as const;
const CHANGED = 'localhost/openevolve-aws:changed';
/** How long an attempt may take to end in order. */
const GRACE_SECONDS = 30;

/** One attempt that runs. */
interface Running {
  wrote(pattern: RegExp): Promise<void>;
  stop(): Promise<unknown>;
}

type Start = (job: StoredJob) => Running;

/** Seconds from the start of an attempt. */
interface Times {
  readonly firstIteration: number;
  /** Of the attempt after it: until the checkpoint is there, and until one more is finished. */
  readonly restored: number;
  readonly nextIteration: number;
}

/**
 * The image as it is built from the sources, and the same job in it and outside of it: the
 * quickstart's, on a real S3 server. Needs what `npm run test:container` needs.
 */
const benchmark: Benchmark = {
  description:
    "the job's image: size, bytes of a change, start and resume beside the bare entrypoint",
  method:
    'Sizes are those of the compressed layers, which is what a registry stores and a machine pulls. The images are built on Debian trixie from debootstrap. A change is one statement more in the entrypoint. Times are medians of five pairs in turns, by the job of the quickstart with the offline model; outside of the container the same bundle runs with the Python of the machine.',
  async run() {
    await prepareEngine();
    const base = await prepareBaseImages('trixie');
    await goProgram('versitygw');
    const folder = await mkdtemp(join(tmpdir(), 'image-'));
    const server = await startVersitygw();
    Object.assign(process.env, server.environment);
    const bucket = await makeBucket(server, 'jobs');
    try {
      return [...(await sizes(base, folder)), ...(await times(server, bucket, folder))];
    } finally {
      await removeContainers();
      await server.stop();
      await rm(folder, { recursive: true });
    }
  },
};

async function sizes(base: BaseImages, folder: string): Promise<Measurement[]> {
  const layers = new Map<string, Map<string, number>>();
  for (const target of targets) {
    await buildImage(target, base);
    layers.set(target, await storedLayers(imageName(target)));
  }
  const sources = await changedSources(folder);
  const rows: Measurement[] = [];
  for (const target of targets) {
    const before = layers.get(target) ?? new Map<string, number>();
    const seconds = await buildImageFrom(sources, target, base, CHANGED);
    const after = await storedLayers(CHANGED);
    const moved = [...after].filter(([digest]) => !before.has(digest));
    rows.push(
      {
        what: `${target}: size`,
        unit: 'MB',
        ours: sum(before.values()) / MB,
        peers: {},
        goal: { atMost: target === 'slim' ? 180 : 600 },
      },
      {
        what: `${target}: moved by a change of ours`,
        unit: 'MB',
        ours: sum(moved.map(([, bytes]) => bytes)) / MB,
        peers: { 'whole image': sum(after.values()) / MB },
        goal: { peer: 'whole image', atMost: 0.02 },
      },
      {
        what: `${target}: build after a change of ours`,
        unit: 's',
        ours: seconds,
        peers: {},
        goal: { atMost: 30 },
      },
    );
  }
  return rows;
}

/** The sources as they are, with another entrypoint. */
async function changedSources(folder: string): Promise<string> {
  const sources = join(folder, 'sources');
  const left = new Set([
    'node_modules',
    'dist',
    '.git',
    '.nx',
    '.venv',
    '.venv-servers',
    '.servers',
  ]);
  await cp(root, sources, { recursive: true, filter: (path) => !left.has(basename(path)) });
  const main = join(sources, 'apps/entrypoint/src/main.ts');
  await appendFile(main, "process.title = 'changed';\n");
  return sources;
}

async function times(server: Server, bucket: string, folder: string): Promise<Measurement[]> {
  const environment = {
    ...server.environment,
    // Nobody is there: no machine of AWS, and no time lost with looking for one.
    AWS_EC2_METADATA_SERVICE_ENDPOINT: 'http://127.0.0.1:1',
  };
  const bundle = await bundleEntrypoint(folder);
  const contained = inContainer(environment);
  const bare = outside(environment, bundle, folder);
  const ours: Times[] = [];
  const peers: Times[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const turns = [
      async () => ours.push(await timesOf(contained, bucket)),
      async () => peers.push(await timesOf(bare, bucket)),
    ];
    for (const turn of round % 2 === 0 ? turns : turns.toReversed()) {
      await turn();
    }
  }
  const row = (what: string, of: (times: Times) => number): Measurement => ({
    what,
    unit: 's',
    ours: median(ours.map(of)),
    peers: { 'outside of a container': median(peers.map(of)) },
    goal: { peer: 'outside of a container', atMost: 1.5 },
  });
  return [
    row('start to the first iteration', ({ firstIteration }) => firstIteration),
    row('next start to the restored checkpoint', ({ restored }) => restored),
    row('next start to the next iteration', ({ nextIteration }) => nextIteration),
  ];
}

async function timesOf(start: Start, bucket: string): Promise<Times> {
  const job = await submitJob(bucket, { ...exampleFiles, iterations: 10_000, latencyMs: 100 });
  const began = performance.now();
  const first = start(job);
  await first.wrote(/^INFO .* Iteration \d/m);
  const firstIteration = secondsSince(began);
  await first.stop();
  const again = performance.now();
  const next = start(job);
  await next.wrote(/ Resuming from commit /);
  const restored = secondsSince(again);
  await next.wrote(/^INFO .* Iteration \d/m);
  const nextIteration = secondsSince(again);
  await next.stop();
  return { firstIteration, restored, nextIteration };
}

function inContainer(environment: Readonly<Record<string, string>>): Start {
  return (job) => {
    const container = startContainer({
      image: imageName('slim'),
      environment: { ...environment, ...job.environment },
    });
    return {
      wrote: container.wrote,
      stop: async () => {
        await container.stop(GRACE_SECONDS);
        await container.exitCode;
      },
    };
  };
}

function outside(
  environment: Readonly<Record<string, string>>,
  bundle: string,
  folder: string,
): Start {
  const flags = ['--disable-sigusr1', '--enable-source-maps', '--max-semi-space-size=4'];
  return (job) => {
    const child = spawn(process.execPath, [...flags, join(bundle, 'main.js')], {
      env: {
        PATH: process.env.PATH,
        ...environment,
        ...job.environment,
        OPENEVOLVE_PYTHON: python,
        OPENEVOLVE_WORK_DIR: join(folder, 'work'),
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const ended = once(child, 'close');
    return {
      wrote: collect(child).wrote,
      stop: async () => {
        child.kill('SIGTERM');
        await ended;
      },
    };
  };
}

function sum(figures: Iterable<number>): number {
  return [...figures].reduce((total, figure) => total + figure, 0);
}

function secondsSince(began: number): number {
  return (performance.now() - began) / 1000;
}

export default benchmark;
