import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { pythonProgram } from '@openevolve-aws/test-servers';

const run = promisify(execFile);

/** Where programs under test are kept between runs. */
const servers = path.join(import.meta.dirname, '../../../../.servers');
const CHECKOV = 'checkov==3.3.30';

/** checkov in an environment of its own, since its requirements are many; installed once. */
export async function checkov(): Promise<string> {
  const environment = path.join(servers, 'checkov');
  const program = path.join(environment, 'bin/checkov');
  if (!existsSync(program)) {
    await run(pythonProgram('python'), ['-m', 'venv', environment]);
    await run(path.join(environment, 'bin/pip'), ['install', '--quiet', CHECKOV]);
  }
  return program;
}
