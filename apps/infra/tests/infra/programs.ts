import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { pythonProgram } from '@openevolve-aws/test-servers';

const run = promisify(execFile);

/** Where programs under test are kept between runs. */
const servers = path.join(import.meta.dirname, '../../../../.servers');
const CHECKOV = 'checkov==3.3.30';
const METADATA_MOCK = 'github.com/aws/amazon-ec2-metadata-mock/cmd/ec2-metadata-mock@v1.13.0';

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

/** AWS's own emulator of instance metadata; built once. */
export async function metadataMock(): Promise<string> {
  const program = path.join(servers, 'ec2-metadata-mock');
  if (!existsSync(program)) {
    await run(pythonProgram('go'), ['install', METADATA_MOCK], {
      env: { ...process.env, GOBIN: servers, CGO_ENABLED: '0' },
    });
  }
  return program;
}
