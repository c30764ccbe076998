import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startVersitygw } from '@openevolve-aws/test-servers';
import type { Benchmark, Measurement } from '../benchmark.ts';
import { measureCounts } from './checkpoint/counts.ts';
import { bundleEngine } from './checkpoint/engine.ts';
import { openLine } from './checkpoint/line.ts';
import { measureMemory } from './checkpoint/memory.ts';
import { makeBucket } from './checkpoint/peers.ts';
import { BUCKET, format, type Setup } from './checkpoint/setup.ts';
import { measureTimes, type Rounds, timeRows } from './checkpoint/times.ts';
import { Tree } from './checkpoint/tree.ts';

const root = join(import.meta.dirname, '../../..');
const SIZES = [100, 1_000, 10_000];
const LARGEST = Math.max(...SIZES);
const DELAY_MS = 20;
/** `aws` and `rclone` take half a minute and more for 10,000 files. */
const ALL: Rounds = { ours: 5, cold: 3, s5cmd: 5, 'aws s3 sync': 5, rclone: 5 };
const LARGE: Rounds = { ours: 5, cold: 3, s5cmd: 5, 'aws s3 sync': 1, rclone: 1 };
const LARGE_DELAYED: Rounds = { ours: 3, s5cmd: 3 };

const METHOD = [
  'N programs of 4 to 20 KB as OpenEvolve writes them, then the next checkpoint: 10 programs more, in a new directory with unchanged files linked.',
  'Peers copy that directory, as `aws s3 sync` of `checkpoints/` does.',
  'One versitygw, client and server on the same cores, tools in turns; medians of 5 (cold: 3; `aws` and `rclone` at N = 10,000: one run; N = 10,000 with a delay: 3).',
  'Before each measurement what others wrote is written out to the disk.',
  'rclone has 32 transfers and checkers, the others their defaults.',
  'Ours is measured in a process that stays, as the entrypoint does for hours; rows that begin with *cold* take a new process from start to exit, as all figures of the peers do.',
  "Requests are counted in the server's access log, bytes by a proxy in a pass of its own.",
  'Requests in 24 h: the mean over 60 commits in a row, times 2,880; a sync costs what it costs at N = 1,000.',
  'Memory: the peak of a process above that of the same process when it had only opened its store.',
].join(' ');

const benchmark: Benchmark = {
  description: 'commits and restores, beside s5cmd, aws s3 sync and rclone',
  method: METHOD,
  async run() {
    // The server and the peers; what is there already costs nothing.
    execFileSync(process.execPath, [join(root, 'tools/setup/main.mjs'), '--servers'], {
      stdio: ['ignore', process.stderr.fd, process.stderr.fd],
    });
    const folder = mkdtempSync(join(tmpdir(), 'checkpoint-'));
    const server = await startVersitygw();
    try {
      await makeBucket(BUCKET, server.environment);
      const program = await bundleEngine(folder);
      const trees = SIZES.map((size) => new Tree(join(folder, String(size)), size));
      const setup = { server, program, folder, trees };
      return [
        ...(await measureCounts(setup)),
        ...(await measureDirectTimes(setup)),
        ...(await measureDelayedTimes(setup)),
        ...(await measureLargestMemory(setup)),
      ];
    } finally {
      await server.stop();
      rmSync(folder, { recursive: true });
    }
  },
};

async function measureDirectTimes(setup: Setup): Promise<Measurement[]> {
  const table = 'Times';
  const rows: Measurement[] = [];
  for (const tree of setup.trees) {
    const rounds = tree.size === LARGEST ? LARGE : ALL;
    const medians = await measureTimes(setup, tree, setup.server.environment, rounds);
    rows.push(...timeRows(table, tree, medians));
    if (tree.size === LARGEST) {
      const ours = medians.ours?.next ?? Number.NaN;
      const what = `incremental commit at N = ${format(LARGEST)}, by the clock`;
      rows.push({ table, what, unit: 'ms', ours, peers: {}, goal: { atMost: 150 } });
    }
  }
  return rows;
}

async function measureDelayedTimes(setup: Setup): Promise<Measurement[]> {
  const line = await openLine(setup.server, DELAY_MS);
  const rows: Measurement[] = [];
  for (const tree of setup.trees.slice(1)) {
    const rounds = tree.size === LARGEST ? LARGE_DELAYED : ALL;
    const medians = await measureTimes(setup, tree, line.environment, rounds);
    rows.push(...timeRows(`Times with ${DELAY_MS} ms added to each request`, tree, medians));
  }
  await line.close();
  return rows;
}

async function measureLargestMemory(setup: Setup): Promise<Measurement[]> {
  const largest = setup.trees.find(({ size }) => size === LARGEST);
  return largest ? measureMemory(setup, largest) : [];
}

export default benchmark;
