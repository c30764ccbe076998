import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { pythonProgram } from '@openevolve-aws/test-servers';
import type { Benchmark, Measurement } from '../benchmark.ts';
import { medianWallTimes } from '../processes.ts';
import { openAccount } from './cli/account.ts';
import { timesAside } from './cli/times-aside.ts';

const root = path.join(import.meta.dirname, '../../..');
const main = path.join(root, 'apps/cli/dist/main.js');
const rounds = 21;
const callRounds = 9;

/** The floor is a Node process that does nothing, whose time a library that every command loads would multiply. */
function measureStart(): Measurement[] {
  const node = process.execPath;
  const aws = pythonProgram('aws');
  const { version, help, ...peers } = medianWallTimes(
    {
      version: [node, main, '--version'],
      help: [node, main, '--help'],
      'node -e 0': [node, '-e', '0'],
      'openevolve-run --help': [path.join(root, '.venv/bin/openevolve-run'), '--help'],
      'aws --version': [aws, '--version'],
      'aws help': [aws, 'help'],
    },
    rounds,
  );
  const row = (
    what: '--version' | '--help',
    peer: keyof typeof peers,
    atMost: number,
  ): Measurement => ({
    what: `openevolve-aws ${what}`,
    unit: 'ms',
    ours: what === '--version' ? version : help,
    peers,
    goal: { peer, atMost },
  });
  return [
    row('--version', 'node -e 0', 2.5),
    row('--version', 'aws --version', 1 / 3),
    row('--help', 'node -e 0', 3),
    row('--help', 'openevolve-run --help', 0.2),
    row('--help', 'aws help', 1 / 3),
  ];
}

/** Each command beside what the AWS CLI needs for the least part of it, on the same emulator. */
async function measureCalls(): Promise<Measurement[]> {
  const account = await openAccount();
  try {
    const { jobId, batchJobId, queue, outputUri, folder } = account;
    const own = [process.execPath, main] as const;
    const aws = pythonProgram('aws');
    const times = await timesAside(
      {
        status: [...own, 'status', jobId],
        'aws batch describe-jobs': [aws, 'batch', 'describe-jobs', '--jobs', batchJobId],
        list: [...own, 'list'],
        'aws batch list-jobs': [
          ...([aws, 'batch', 'list-jobs', '--job-queue', queue] as const),
          ...['--job-status', 'SUCCEEDED'],
        ],
        results: [
          ...own,
          ...['results', jobId, '--force', '--output', path.join(folder, 'results')],
        ],
        'aws s3 cp --recursive': [
          ...([aws, 's3', 'cp', '--recursive', outputUri] as const),
          path.join(folder, 'copied'),
        ],
      },
      callRounds,
    );
    const row = (what: 'status' | 'list' | 'results', peer: keyof typeof times): Measurement => ({
      what: `openevolve-aws ${what}`,
      unit: 'ms',
      ours: times[what],
      peers: { [peer]: times[peer] },
      goal: { peer, atMost: 1 / 2 },
      table: 'Calls to one emulator',
    });
    return [
      row('status', 'aws batch describe-jobs'),
      row('list', 'aws batch list-jobs'),
      row('results', 'aws s3 cp --recursive'),
    ];
  } finally {
    await account.stop();
  }
}

const benchmark: Benchmark = {
  description:
    'start-up and calls of the built CLI, beside bare Node, openevolve-run and the AWS CLI',
  async run() {
    // What is measured is what the sources say now; a build that is up to date costs nothing.
    execFileSync(path.join(root, 'node_modules/.bin/nx'), ['build', 'cli'], {
      cwd: root,
      // Its lines go beside the table, not into it.
      stdio: ['ignore', process.stderr.fd, process.stderr.fd],
    });
    return [...measureStart(), ...(await measureCalls())];
  },
};

export default benchmark;
