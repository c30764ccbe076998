// Makes a bare clone ready: npm packages and the Python environment, both from their lockfiles; with
// --servers, what tests start beside them too.
// It runs before anything is installed, on whatever Node the machine has, so it is plain
// JavaScript without dependencies. A second run finds its stamps and ends at once.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const oldestNode = [20, 19];

function fail(sentence) {
  console.error(`setup: ${sentence}`);
  process.exit(1);
}

function run(command, args) {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: 'inherit' });
  if (error) {
    fail(`${command} could not be started: ${error.message}`);
  }
  if (status !== 0) {
    fail(`'${command} ${args.join(' ')}' failed with exit code ${status}; its output is above.`);
  }
}

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < oldestNode[0] || (major === oldestNode[0] && minor < oldestNode[1])) {
  fail(`Node ${process.versions.node} is too old; install Node ${oldestNode.join('.')} or newer.`);
}

const lock = createHash('sha256')
  .update(readFileSync(join(root, 'package-lock.json')))
  .digest('hex');
const stamp = join(root, 'node_modules', '.lockfile-sha256');
if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== lock) {
  console.log('setup: installing npm packages from package-lock.json');
  run('npm', ['ci', '--loglevel=error', '--no-audit', '--no-fund']);
  writeFileSync(stamp, lock);
}

// From here on Node 24, which came with the packages, runs TypeScript as it is.
run(join(root, 'node_modules', '.bin', 'node'), [
  'tools/setup/python.ts',
  ...process.argv.slice(2),
]);
