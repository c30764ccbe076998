import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { preparePythonEnvironment } from '../../apps/entrypoint/src/python/environment.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

try {
  await preparePythonEnvironment({
    directory: join(root, '.venv'),
    requirements: join(root, 'apps/entrypoint/runner/requirements-dev.txt'),
    report: (line) => console.log(`setup: ${line}`),
  });
} catch (error) {
  console.error(`setup: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
