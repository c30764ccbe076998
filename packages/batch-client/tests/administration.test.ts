import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { type Server, startMinistack, startMoto } from '@openevolve-aws/test-servers';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { administratorClients } from '../src/administration/clients.ts';
import { environmentOutputs } from '../src/administration/environment-outputs.ts';
import { removeRemains, takeInventory } from '../src/administration/inventory.ts';
import type { AdministratorClients } from '../src/administration/ports.ts';
import { promoteImage } from '../src/administration/promote-image.ts';
import { AwsAccount } from './aws-account.ts';

const config = (server: Server) => ({
  endpoint: server.url,
  region: 'us-east-1',
  credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  forcePathStyle: true,
});

function clientsOf(server: Server): AdministratorClients {
  for (const [name, value] of Object.entries(server.environment)) {
    vi.stubEnv(name, value);
  }
  return administratorClients({ region: 'us-east-1' });
}

describe.each<[string, () => Promise<Server>]>([
  ['moto', startMoto],
  ['ministack', startMinistack],
])('what an administrator needs, on %s', (_, start) => {
  let server: Server;
  let clients: AdministratorClients;
  beforeAll(async () => {
    server = await start();
    clients = clientsOf(server);
  }, 60_000);
  afterAll(async () => {
    vi.unstubAllEnvs();
    await server?.stop();
  });

  it('logs in to the registry of images', async () => {
    const { username, password } = await (await clients.registry()).login();
    expect(username).toBe('AWS');
    expect(password).not.toBe('');
  });

  it('replaces the value of a secret', async () => {
    const { ARN = '' } = await new SecretsManagerClient(config(server)).send(
      new CreateSecretCommand({ Name: 'key', SecretString: 'old' }),
    );
    await (await clients.secretStore()).put(ARN, 'new');
    expect(await (await clients.secrets()).getSecretValue(ARN)).toBe('new');
  });

  it('says that an environment is not deployed', async () => {
    await expect(environmentOutputs(clients, 'lab', 2)).rejects.toMatchObject({
      code: 'SETTINGS',
      message: expect.stringContaining('openevolve-aws deploy'),
    });
  });
});

describe('an environment in an account with others, on moto', () => {
  let server: Server;
  let clients: AdministratorClients;
  const names = { jobQueue: 'openevolve-prod-queue', jobDefinition: 'openevolve-prod-job' };
  const request = () => ({ clients, environment: 'prod', groups: 0, ...names });
  beforeAll(async () => {
    server = await startMoto();
    await AwsAccount.deploy(server, 'alice');
    clients = clientsOf(server);
    const s3 = new S3Client(config(server));
    for (const Bucket of ['openevolve-prod-outputs-1a2b', 'openevolve-prod-outputs-lab-1a2b']) {
      await s3.send(new CreateBucketCommand({ Bucket }));
      await s3.send(new PutObjectCommand({ Bucket, Key: 'users/alice/x', Body: 'result' }));
    }
  }, 60_000);
  afterAll(async () => {
    vi.unstubAllEnvs();
    await server?.stop();
  });

  it('gets a revision with another image, which can be removed with the rest', async () => {
    const promotion = {
      clients,
      repositoryUrl: 'openevolve-prod',
      jobDefinition: names.jobDefinition,
      owners: ['alice'],
      tag: '2.0.0',
    };
    expect(await promoteImage(promotion)).toEqual([{ owner: 'alice', revision: 2, isNew: true }]);
    expect(await promoteImage(promotion)).toEqual([{ owner: 'alice', revision: 2, isNew: false }]);

    const inventory = await takeInventory(request());
    expect(inventory).toEqual({
      stacks: ['openevolve-prod'],
      unfinishedJobs: 0,
      buckets: [{ name: 'openevolve-prod-outputs-1a2b', versions: 1, bytes: 6, hasMore: false }],
      definitions: [1, 2].map((revision) =>
        expect.stringMatching(`job-definition/openevolve-prod-job-alice:${revision}$`),
      ),
    });

    const lines: string[] = [];
    await removeRemains(clients, inventory, { report: (line) => lines.push(line) });
    expect(lines).toEqual(['openevolve-prod-outputs-1a2b: 1 objects and versions deleted']);
    expect(await takeInventory(request())).toMatchObject({ buckets: [], definitions: [] });
    expect(await (await clients.buckets()).names('openevolve-prod-outputs-lab-')).toHaveLength(1);
  });

  it('has no unfinished jobs where there is no queue', async () => {
    const elsewhere = { ...request(), jobQueue: 'openevolve-lab-queue' };
    expect(await takeInventory(elsewhere)).toMatchObject({ unfinishedJobs: 0 });
  });
});
