import { PROVIDER_KEY_PLACEHOLDER } from '@openevolve-aws/job-spec';
import { MemoryStore, ObjectStoreError } from '@openevolve-aws/object-store';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { AwsMachine, modelClients, modelSettings } from '../../tests/aws-machine.ts';
import { awsError } from '../aws/aws-errors.ts';
import type { AwsClients } from '../aws/ports.ts';
import type { LoadedSettings } from '../settings/load-settings.ts';
import type { CheckName } from './check.ts';
import { diagnose } from './diagnose.ts';

let machine: AwsMachine;
let clients: AwsClients;
const settings = { ...modelSettings, secretArn: 'arn:secret', alertTopicArn: 'arn:topic' };
const origin = { source: 'variable', name: 'OPENEVOLVE_JOB_QUEUE' } as const;

beforeEach(async () => {
  machine = await AwsMachine.open();
  const store = new MemoryStore();
  clients = {
    ...modelClients(machine.model, () => store),
    sts: async () => ({
      getCallerIdentity: async () => ({
        account: '123456789012',
        arn: 'arn:aws:iam::123456789012:user/openevolve-prod-alice',
      }),
    }),
    secrets: async () => ({ getSecretValue: async () => '{"GEMINI_API_KEY":"AIza-real"}' }),
    quotas: async () => ({ getServiceQuota: async () => 1_000 }),
    ecr: async () => ({ findImage: async () => ({ pushedAt: null }) }),
    sns: async () => ({
      listSubscriptions: async () => [{ endpoint: 'ops@example.com', confirmed: true }],
    }),
  };
});

afterEach(() => machine.close());

const look = async (changes: Partial<AwsClients> = {}, loaded: Partial<LoadedSettings> = {}) =>
  diagnose({
    loaded: { settings, origins: { jobQueue: origin }, ...loaded },
    clients: { ...clients, ...changes },
  });

it('finds nothing to do where all is well, and shows no secret', async () => {
  const checks = await look();
  expect(checks.filter(({ result }) => result !== 'ok')).toEqual([]);
  expect(checks.every(({ fix }) => fix === null)).toBe(true);
  expect(checks.map(({ name }) => name)).toContain('clock');
  expect(checks.find(({ name }) => name === 'settings')?.detail).toContain('OPENEVOLVE_JOB_QUEUE');
  expect(checks.find(({ name }) => name === 'owner')?.detail).toContain('alice');
  expect(JSON.stringify(checks)).not.toContain('AIza');
});

const failing =
  (name: string, status: number, message: string, more: object = {}) =>
  () => {
    throw awsError(
      Object.assign(new Error(message), { name, $metadata: { httpStatusCode: status }, ...more }),
      { service: 'STS', action: 'GetCallerIdentity', region: 'us-east-1' },
    );
  };

it.each<[string, Partial<AwsClients>, CheckName, 'problem' | 'warning' | 'unknown', RegExp]>([
  [
    'expired credentials',
    { sts: async () => ({ getCallerIdentity: failing('ExpiredToken', 403, 'expired') }) },
    'credentials',
    'problem',
    /renew them/,
  ],
  [
    'a wrong clock',
    { sts: async () => ({ getCallerIdentity: failing('RequestTimeTooSkewed', 403, '') }) },
    'clock',
    'problem',
    /NTP/,
  ],
  [
    'a name that is no owner',
    {
      sts: async () => ({
        getCallerIdentity: async () => ({
          account: '1',
          arn: 'arn:aws:iam::123456789012:user/ana-maria',
        }),
      }),
    },
    'owner',
    'problem',
    /lower-case letters and digits/,
  ],
  [
    'a bucket that is not there',
    {
      bucket: async () => {
        throw new ObjectStoreError('NO_BUCKET', 's3://x/: no such bucket: check its name.');
      },
    },
    'input bucket',
    'problem',
    /check its name/,
  ],
  [
    'quotas that cannot be asked for',
    {
      quotas: async () => ({ getServiceQuota: failing('NoSuchResourceException', 400, 'none') }),
    },
    'Spot quota',
    'warning',
    /settings/,
  ],
  [
    'a key that was never stored',
    {
      secrets: async () => ({
        getSecretValue: async () => `{"GEMINI_API_KEY":"${PROVIDER_KEY_PLACEHOLDER}"}`,
      }),
    },
    'secret',
    'problem',
    /secret set/,
  ],
  [
    'a secret that may not be read',
    { secrets: async () => ({ getSecretValue: failing('AccessDeniedException', 403, 'no') }) },
    'secret',
    'unknown',
    /do not allow/,
  ],
  [
    'an image that was never pushed',
    { ecr: async () => ({ findImage: async () => null }) },
    'image',
    'problem',
    /openevolve-prod:1\.0\.0 was never pushed.*image push/,
  ],
  [
    'an image that may not be looked at',
    { ecr: async () => ({ findImage: failing('AccessDeniedException', 403, 'no') }) },
    'image',
    'unknown',
    /do not allow/,
  ],
  [
    'a small quota',
    { quotas: async () => ({ getServiceQuota: async () => 32 }) },
    'Spot quota',
    'warning',
    /asks for up to 256.*L-34B43A08/,
  ],
  [
    'an alert address that was not confirmed',
    {
      sns: async () => ({
        listSubscriptions: async () => [{ endpoint: 'ops@example.com', confirmed: false }],
      }),
    },
    'alerts',
    'warning',
    /Confirmation/,
  ],
])('finds %s, and says what to do', async (_, changes, name, result, words) => {
  const check = (await look(changes)).find((one) => one.name === name);
  expect(check?.result).toBe(result);
  expect(`${check?.detail} ${check?.fix}`).toMatch(words);
  expect(check?.fix === null).toBe(result === 'unknown');
});

it('looks no further than to credentials that do not work', async () => {
  const checks = await look({
    sts: async () => ({ getCallerIdentity: failing('InvalidClientTokenId', 403, 'unknown') }),
  });
  expect(checks.map(({ name }) => name)).toEqual(['credentials', 'settings']);
});

it('finds a queue, its machines and a definition that cannot be used', async () => {
  const { model } = machine;
  model.queue = { ...model.queue, state: 'DISABLED' };
  model.environments = model.environments.map((one) => ({ ...one, status: 'INVALID' as const }));
  const changed = { ...settings, jobDefinition: 'openevolve-prod-other' };
  const checks = await look({}, { settings: changed });
  const problems = checks.filter(({ result }) => result === 'problem');
  expect(problems.map(({ name }) => name)).toEqual([
    'queue',
    'compute environments',
    'job definition',
  ]);
  expect(problems[2]?.fix).toContain('add alice to the users');
  const elsewhere = await look({}, { settings: { ...settings, jobQueue: 'other' } });
  expect(elsewhere.find(({ name }) => name === 'queue')?.detail).toContain('no queue other');
});

it('does not take a fault of its own for a finding', async () => {
  const broken = async () => {
    throw new TypeError('a fault');
  };
  await expect(look({ sns: broken })).rejects.toThrow('a fault');
});
