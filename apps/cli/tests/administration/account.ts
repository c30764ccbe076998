import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { BatchClient, RegisterJobDefinitionCommand } from '@aws-sdk/client-batch';
import { type Server, startMinistack, startMoto } from '@openevolve-aws/test-servers';
import type { Ended } from '../built-command.ts';

const place = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const program = place('../../dist/main.js');

export const guideEnvironment = {
  version: 1,
  region: 'us-east-1',
  environment: 'prod',
  users: ['alice', 'bob', 'ron'],
  accessKeys: ['alice'],
  alertEmail: 'your-email@example.com',
  monthlyBudgetUsd: 200,
  maxVcpus: 256,
};

/**
 * An administrator's machine beside an account on two emulators: AWS Batch on moto, all else on
 * ministack. `openevolve-infra` deploys the part of the app that the emulators know, and `podman` is
 * a program that writes down how it was called.
 */
export class EmulatedAccount {
  /** The current folder: the environment's file, and a checkout with nothing but Dockerfile.aws. */
  readonly folder: string;
  readonly variables: Readonly<Record<string, string>>;
  readonly #servers: readonly Server[];

  private constructor(folder: string, servers: readonly [Server, Server]) {
    const [ministack, moto] = servers.map(({ url }) => url.replace('127.0.0.1', 'localhost'));
    this.folder = folder;
    this.#servers = servers;
    this.variables = {
      PATH: [join(folder, 'bin'), dirname(process.execPath), process.env.PATH].join(':'),
      HOME: folder,
      AWS_ACCESS_KEY_ID: 'administrator',
      AWS_SECRET_ACCESS_KEY: 'made-up',
      AWS_REGION: 'us-east-1',
      AWS_EC2_METADATA_DISABLED: 'true',
      AWS_ENDPOINT_URL: String(ministack),
      AWS_ENDPOINT_URL_S3: String(ministack),
      AWS_ENDPOINT_URL_BATCH: String(moto),
      ENGINE_FOLDER: join(folder, 'bin'),
      ENGINE_PACKAGES: place('../../../../packages/batch-client/package.json'),
    };
  }

  static async start(): Promise<EmulatedAccount> {
    const folder = await mkdtemp(join(tmpdir(), 'administrator-'));
    const account = new EmulatedAccount(folder, await Promise.all([startMinistack(), startMoto()]));
    await account.write(guideEnvironment);
    await account.#installInfra();
    await account.#installEngine();
    await account.#makeCheckout();
    return account;
  }

  get url(): { readonly ministack: string; readonly moto: string } {
    const [ministack = '', moto = ''] = this.#servers.map(({ url }) => url);
    return { ministack, moto };
  }

  /**
   * Runs the built command, with a line or more on its standard input.
   *
   * @returns also what a terminal shows: both outputs as they came.
   */
  async run(args: readonly string[], input = ''): Promise<Ended & { readonly output: string }> {
    const child = spawn(process.execPath, [program, ...args], {
      cwd: this.folder,
      env: { ...this.variables },
    });
    let stdout = '';
    let stderr = '';
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
      output += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
      output += text;
    });
    child.stdin.end(input);
    const [code] = (await once(child, 'close')) as [number | null];
    return { code, stdout, stderr, output };
  }

  async json<T>(...args: string[]): Promise<T> {
    const { code, stdout, stderr } = await this.run([...args, '--json']);
    if (code !== 0) {
      throw new Error(`openevolve-aws ${args.join(' ')} ended with ${code}: ${stderr}${stdout}`);
    }
    return JSON.parse(stdout) as T;
  }

  async write(environment: object): Promise<void> {
    await writeFile(join(this.folder, 'openevolve.config.json'), JSON.stringify(environment));
  }

  async read(): Promise<Record<string, unknown>> {
    return JSON.parse(await readFile(join(this.folder, 'openevolve.config.json'), 'utf8'));
  }

  /** Makes job definitions in the place of CloudFormation, since ministack has no AWS Batch. */
  async makeDefinitions(owners: readonly string[], image: string): Promise<void> {
    const batch = new BatchClient({
      endpoint: this.url.moto,
      region: 'us-east-1',
      credentials: { accessKeyId: 'administrator', secretAccessKey: 'made-up' },
    });
    for (const owner of owners) {
      await batch.send(
        new RegisterJobDefinitionCommand({
          jobDefinitionName: `openevolve-prod-job-${owner}`,
          type: 'container',
          containerProperties: {
            image,
            user: '10001:10001',
            resourceRequirements: [
              { type: 'VCPU', value: '8' },
              { type: 'MEMORY', value: '14000' },
            ],
          },
        }),
      );
    }
  }

  /** How the container engine was called, and what it got on its standard input. */
  async engineCalls(): Promise<{ readonly args: string[]; readonly input: string | null }[]> {
    const calls = await readFile(join(this.folder, 'bin', 'calls.jsonl'), 'utf8');
    return calls
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
  }

  async git(...args: string[]): Promise<string> {
    const author = ['-c', 'user.name=test', '-c', 'user.email=test@example.com'];
    const { stdout } = await promisify(execFile)('git', [...author, ...args], { cwd: this.folder });
    return stdout.trim();
  }

  async stop(): Promise<void> {
    await Promise.all(this.#servers.map((server) => server.stop()));
    await rm(this.folder, { recursive: true, force: true });
  }

  async #installInfra(): Promise<void> {
    const { version } = JSON.parse(await readFile(place('../../package.json'), 'utf8'));
    const folder = join(this.folder, 'node_modules/@openevolve-aws/infra');
    const bin = place('../../../infra/tests/infra/emulated-bin.ts');
    await mkdir(folder, { recursive: true });
    await writeFile(
      join(folder, 'package.json'),
      JSON.stringify({ version, type: 'module', bin: { 'openevolve-infra': './bin.js' } }),
    );
    await writeFile(
      join(folder, 'bin.js'),
      [
        `import { spawnSync } from 'node:child_process';`,
        `const args = ['--conditions=@openevolve-aws/source', ${JSON.stringify(bin)}, 'ministack'];`,
        `const child = spawnSync(process.execPath, [...args, ...process.argv.slice(2)], { stdio: 'inherit' });`,
        `process.exitCode = child.status ?? 1;`,
      ].join('\n'),
    );
  }

  async #installEngine(): Promise<void> {
    const bin = join(this.folder, 'bin');
    await mkdir(bin);
    await cp(place('./engine.mjs'), join(bin, 'podman'));
    await writeFile(
      join(bin, 'docker'),
      '#!/bin/sh\necho "Cannot connect to the Docker daemon" >&2\nexit 1\n',
    );
    await Promise.all(['podman', 'docker'].map((name) => chmod(join(bin, name), 0o755)));
  }

  async #makeCheckout(): Promise<void> {
    await writeFile(join(this.folder, 'Dockerfile.aws'), 'FROM scratch\n');
    await writeFile(join(this.folder, '.gitignore'), '*\n!Dockerfile.aws\n');
    await this.git('init', '--quiet');
    await this.git('add', 'Dockerfile.aws');
    await this.git('commit', '--quiet', '--message', 'image');
  }
}
