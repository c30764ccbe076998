import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { pythonProgram, type Server } from '@openevolve-aws/test-servers';

const run = promisify(execFile);
const cdk = createRequire(import.meta.url).resolve('aws-cdk/bin/cdk');

/** An emulator with the environment deployed to it by the CDK's own program. */
export class Deployment {
  readonly #environment: NodeJS.ProcessEnv;
  readonly #app: string;
  readonly #home: string;

  constructor(emulator: 'ministack' | 'moto', server: Server, home: string) {
    // The templates' bucket has a host name of its own, which an address has not.
    const endpoint = server.url.replace('127.0.0.1', 'localhost');
    this.#home = home;
    this.#environment = {
      ...process.env,
      ...server.environment,
      AWS_ENDPOINT_URL: endpoint,
      AWS_ENDPOINT_URL_S3: endpoint,
      AWS_EC2_METADATA_DISABLED: 'true',
      CDK_DISABLE_VERSION_CHECK: '1',
      // The CDK remembers there which account a key belongs to.
      CDK_HOME: home,
    };
    const app = path.join(import.meta.dirname, 'emulator-app.ts');
    this.#app = `${process.execPath} --conditions=@openevolve-aws/source ${app} ${emulator}`;
  }

  /** @throws when the CDK ends with another code than 0. */
  static async make(emulator: 'ministack' | 'moto', server: Server): Promise<Deployment> {
    const home = await mkdtemp(path.join(tmpdir(), 'deployment-'));
    const deployment = new Deployment(emulator, server, home);
    await deployment.cdk('bootstrap');
    await deployment.cdk('deploy', '--require-approval', 'never');
    return deployment;
  }

  /** What the CDK wrote. */
  async cdk(command: string, ...options: string[]): Promise<string> {
    const { stdout, stderr } = await run(
      process.execPath,
      [cdk, command, ...options, '--app', this.#app, '--output', path.join(this.#home, 'cdk.out')],
      { env: this.#environment, cwd: this.#home, maxBuffer: 16 * 1024 * 1024 },
    );
    return stdout + stderr;
  }

  /** The reply of the AWS CLI. */
  async aws(...words: string[]): Promise<unknown> {
    const { stdout } = await run(pythonProgram('aws'), [...words, '--output', 'json'], {
      env: this.#environment,
      maxBuffer: 16 * 1024 * 1024,
    });
    return stdout.trim() === '' ? null : JSON.parse(stdout);
  }

  async remove(): Promise<void> {
    await rm(this.#home, { recursive: true });
  }
}
