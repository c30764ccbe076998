import { execFileSync } from 'node:child_process';
import path from 'node:path';
import type { Benchmark } from '../benchmark.ts';
import { medianWallTimes } from '../processes.ts';

const root = path.join(import.meta.dirname, '../../..');
const main = path.join(root, 'apps/cli/dist/main.js');
const rounds = 21;

/**
 * Start-up of the built command. Its floor is a Node process that does nothing, whose time a
 * library that every command loads would multiply; its like is the command that the Python package
 * of OpenEvolve installs.
 */
const benchmark: Benchmark = {
  description: 'start-up of the built CLI, beside bare Node and openevolve-run',
  async run() {
    // What is measured is what the sources say now; a build that is up to date costs nothing.
    execFileSync(path.join(root, 'node_modules/.bin/nx'), ['build', 'cli'], {
      cwd: root,
      // Its lines go beside the table, not into it.
      stdio: ['ignore', process.stderr.fd, process.stderr.fd],
    });
    const node = process.execPath;
    const { version, help, ...peers } = medianWallTimes(
      {
        version: [node, main, '--version'],
        help: [node, main, '--help'],
        'node -e 0': [node, '-e', '0'],
        'openevolve-run --help': [path.join(root, '.venv/bin/openevolve-run'), '--help'],
      },
      rounds,
    );
    return [
      {
        what: 'openevolve-aws --version',
        unit: 'ms',
        ours: version,
        peers,
        goal: { peer: 'node -e 0', atMost: 2.5 },
      },
      {
        what: 'openevolve-aws --help',
        unit: 'ms',
        ours: help,
        peers,
        goal: { peer: 'node -e 0', atMost: 3 },
      },
      {
        what: 'openevolve-aws --help',
        unit: 'ms',
        ours: help,
        peers,
        goal: { peer: 'openevolve-run --help', atMost: 0.2 },
      },
    ];
  },
};

export default benchmark;
