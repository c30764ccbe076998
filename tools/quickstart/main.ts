// The quickstart of a checkout: builds the command and runs its own quickstart with the
// repository's Python environment.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

function run(program: string, args: readonly string[], variables: Record<string, string> = {}) {
  const { status, error } = spawnSync(program, args, {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, ...variables },
  });
  if (error) {
    throw error;
  }
  if (status !== 0) {
    process.exit(status ?? 1);
  }
}

run('nx', ['build', 'cli', '--outputStyle=static-failures-only'], { NX_DAEMON: 'false' });
run(process.execPath, ['apps/cli/dist/main.js', 'quickstart', ...process.argv.slice(2)], {
  OPENEVOLVE_PYTHON: join(root, '.venv', 'bin', 'python'),
});
