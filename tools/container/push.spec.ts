// `openevolve-aws image push` with real engines: what they build arrives in a registry, behind the
// password that ECR gave.
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { CloudFormationClient, CreateStackCommand } from '@aws-sdk/client-cloudformation';
import { administratorClients } from '@openevolve-aws/batch-client/administration';
import { type OutputName, outputNames } from '@openevolve-aws/job-spec';
import { type Server, startMinistack } from '@openevolve-aws/test-servers';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { engine, engineEnvironment } from './engine.ts';
import { type Registry, startRegistry } from './registry.ts';

const engines = ['podman', 'buildah'] as const;
const command = join(import.meta.dirname, '../../apps/cli/src/main.ts');

let folder: string;
let server: Server;
let registry: Registry;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'push-'));
  server = await startMinistack();
  for (const [name, value] of Object.entries(server.environment)) {
    vi.stubEnv(name, value);
  }
  const login = await (await administratorClients({ region: 'us-east-1' }).registry()).login();
  registry = await startRegistry(folder, login);
  await deploy(`${registry.host}/openevolve-prod`);
  await writeFile(
    join(folder, 'openevolve.config.json'),
    JSON.stringify({
      version: 1,
      region: 'us-east-1',
      users: ['alice'],
      alertEmail: 'ops@example.com',
      monthlyBudgetUsd: 200,
      maxVcpus: 256,
    }),
  );
  await writeFile(
    join(folder, 'Dockerfile.aws'),
    'FROM scratch AS full\nCOPY Dockerfile.aws /\nUSER 10001:10001\n',
  );
});
afterAll(async () => {
  vi.unstubAllEnvs();
  const made = engines.flatMap((name) => [
    `localhost/openevolve-aws:made-by-${name}`,
    `${registry?.host}/openevolve-prod:made-by-${name}`,
  ]);
  await engine('podman', ['rmi', '--force', ...made]);
  await registry?.stop();
  await server?.stop();
  await rm(folder, { recursive: true });
});

/** A stack with nothing in it but the outputs of an environment. */
async function deploy(repositoryUrl: string): Promise<void> {
  const values: Partial<Record<OutputName, string>> = { EcrRepositoryUrl: repositoryUrl };
  const Outputs = Object.fromEntries(
    outputNames.map((name) => [name, { Value: values[name] ?? 'not-used-here' }]),
  );
  const Resources = { Topic: { Type: 'AWS::SNS::Topic' } };
  await new CloudFormationClient({}).send(
    new CreateStackCommand({
      StackName: 'openevolve-prod',
      TemplateBody: JSON.stringify({ Resources, Outputs }),
    }),
  );
}

it.each(engines)('%s builds an image and pushes it', async (name) => {
  const tag = `made-by-${name}`;
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [
      ...['--conditions=@openevolve-aws/source', command],
      ...['image', 'push', '--engine', name, '--tag', tag, '--json'],
    ],
    {
      cwd: folder,
      env: {
        ...engineEnvironment,
        ...process.env,
        SSL_CERT_FILE: registry.certificate,
        REGISTRY_AUTH_FILE: join(folder, 'auth.json'),
      },
    },
  );
  const image = `${registry.host}/openevolve-prod:${tag}`;
  expect(JSON.parse(stdout)).toEqual({ image, tag, engine: name, pushed: true });
  const manifest = registry.manifests.get(`openevolve-prod:${tag}`);
  expect(manifest?.layers).toHaveLength(1);
  for (const { digest } of manifest?.layers ?? []) {
    expect(registry.blobs.has(digest)).toBe(true);
  }
});
