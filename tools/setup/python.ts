import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { preparePythonEnvironment } from '../../apps/entrypoint/src/python/environment.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const environments = [
  { directory: '.venv', requirements: 'apps/entrypoint/runner/requirements-dev.txt' },
  { directory: '.venv-servers', requirements: 'tools/servers/requirements.txt', tests: true },
];

try {
  const { values } = parseArgs({ options: { servers: { type: 'boolean', default: false } } });
  for (const { directory, requirements, tests } of environments) {
    if (!tests || values.servers) {
      await preparePythonEnvironment({
        directory: join(root, directory),
        requirements: join(root, requirements),
        report: (line) => console.log(`setup: ${line}`),
      });
    }
  }
} catch (error) {
  console.error(`setup: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
