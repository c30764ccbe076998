import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Settings } from '@openevolve-aws/job-spec';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { type LoadOptions, loadSettings } from './load-settings.ts';
import { profileFile, writeProfile } from './profile.ts';

const guide = {
  OPENEVOLVE_INPUT_BUCKET: 'openevolve-prod-inputs-xxxx',
  OPENEVOLVE_OUTPUT_BUCKET: 'openevolve-prod-outputs-xxxx',
  OPENEVOLVE_JOB_QUEUE: 'openevolve-prod-queue',
  OPENEVOLVE_JOB_DEFINITION: 'openevolve-prod-job',
  AWS_DEFAULT_REGION: 'us-east-1',
};
const stack: Settings = {
  version: 1,
  environment: 'prod',
  region: 'us-east-1',
  inputBucket: 'stack-inputs',
  outputBucket: 'stack-outputs',
  jobQueue: 'stack-queue',
  jobDefinition: 'stack-job',
  logGroup: '/aws/batch/openevolve/prod',
};

let config: string;
let asked: string[];

beforeEach(async () => {
  config = await mkdtemp(join(tmpdir(), 'load-settings-'));
  asked = [];
});

afterEach(() => rm(config, { recursive: true, force: true }));

const load = (options: LoadOptions & { parameter?: string | null } = {}) => {
  const { parameter = null, variables, ...rest } = options;
  return loadSettings({
    variables: { XDG_CONFIG_HOME: config, ...variables },
    defaultRegion: async () => null,
    ...rest,
    clients: (region) => ({
      ssm: async () => ({
        getParameter: async (name) => {
          asked.push(`${region}${name}`);
          return parameter;
        },
      }),
    }),
  });
};

it("takes the guide's variables, and asks AWS for nothing more", async () => {
  const loaded = await load({ variables: guide });
  expect(loaded?.settings).toEqual({
    version: 1,
    environment: 'prod',
    region: 'us-east-1',
    inputBucket: guide.OPENEVOLVE_INPUT_BUCKET,
    outputBucket: guide.OPENEVOLVE_OUTPUT_BUCKET,
    jobQueue: guide.OPENEVOLVE_JOB_QUEUE,
    jobDefinition: guide.OPENEVOLVE_JOB_DEFINITION,
  });
  expect(loaded?.origins.jobQueue).toEqual({ source: 'variable', name: 'OPENEVOLVE_JOB_QUEUE' });
  expect(asked).toEqual([]);
});

it('lets flags go before variables, these before the profile, and that before the parameter', async () => {
  await writeProfile(profileFile({ XDG_CONFIG_HOME: config }), {
    ...stack,
    jobQueue: 'profile-queue',
    inputBucket: 'profile-inputs',
    owner: 'alice',
  });
  const loaded = await load({
    flags: { jobQueue: 'flag-queue' },
    variables: {
      OPENEVOLVE_JOB_QUEUE: 'variable-queue',
      OPENEVOLVE_INPUT_BUCKET: 'variable-inputs',
    },
  });
  expect(loaded?.settings).toMatchObject({
    jobQueue: 'flag-queue',
    inputBucket: 'variable-inputs',
    outputBucket: 'stack-outputs',
    owner: 'alice',
  });
  expect(loaded?.origins).toMatchObject({
    jobQueue: { source: 'flag', name: '--job-queue' },
    inputBucket: { source: 'variable' },
    owner: { source: 'profile', name: join(config, 'openevolve-aws', 'default.json') },
  });
});

it('asks for the parameter of the environment when something is missing', async () => {
  const loaded = await load({
    flags: { environment: 'eu-test' },
    variables: { AWS_REGION: 'eu-west-1', OPENEVOLVE_JOB_QUEUE: 'mine' },
    parameter: JSON.stringify({ ...stack, environment: 'eu-test' }),
  });
  expect(asked).toEqual(['eu-west-1/openevolve/eu-test/config']);
  expect(loaded?.settings).toMatchObject({
    region: 'eu-west-1',
    environment: 'eu-test',
    jobQueue: 'mine',
    inputBucket: 'stack-inputs',
  });
  expect(loaded?.origins.inputBucket?.source).toBe('parameter');
});

it.each([{}, { AWS_REGION: 'us-east-1' }, { OPENEVOLVE_INPUT_BUCKET: '' }])(
  'takes %j for no wish to use AWS',
  async (variables) => {
    expect(await load({ variables })).toBeNull();
    expect(asked).toEqual([]);
  },
);

it.each<[string, LoadOptions, string]>([
  ['a region', { variables: { OPENEVOLVE_JOB_QUEUE: 'q' } }, 'AWS_REGION'],
  [
    'buckets, and names the parameter that does not say them',
    { variables: { OPENEVOLVE_JOB_QUEUE: 'q', AWS_REGION: 'us-east-1' } },
    'OPENEVOLVE_INPUT_BUCKET, OPENEVOLVE_OUTPUT_BUCKET, OPENEVOLVE_JOB_DEFINITION, or run .*/openevolve/prod/config',
  ],
  ['a profile', { profile: 'test' }, 'no profile test'],
  ['the name of a profile', { profile: '../x' }, 'no name of a profile'],
  ['an owner', { variables: { ...guide, OPENEVOLVE_OWNER: 'Ana-Maria' } }, 'OPENEVOLVE_OWNER'],
])('says what is missing or wrong: %s', async (_, options, words) => {
  await expect(load(options)).rejects.toMatchObject({
    name: 'BatchClientError',
    code: 'INVALID_INPUT',
    message: expect.stringMatching(words),
  });
});

it("takes the region of AWS's own profile when nothing else says one", async () => {
  const file = join(config, 'aws-config');
  await writeFile(file, '[profile openevolve]\nregion = eu-north-1\n');
  vi.stubEnv('AWS_CONFIG_FILE', file);
  vi.stubEnv('AWS_PROFILE', 'openevolve');
  vi.stubEnv('AWS_REGION', undefined);
  const { AWS_DEFAULT_REGION: _, ...variables } = guide;
  const loaded = await load({ variables, defaultRegion: undefined });
  vi.unstubAllEnvs();
  expect(loaded?.settings.region).toBe('eu-north-1');
  expect(loaded?.origins.region?.source).toBe('aws');
});

it('refuses a profile that is damaged, naming its file', async () => {
  const file = profileFile({ XDG_CONFIG_HOME: config }, 'test');
  await writeProfile(file, stack);
  await writeFile(file, '{');
  await expect(load({ profile: 'test' })).rejects.toMatchObject({
    name: 'JobSpecError',
    message: expect.stringContaining(file),
  });
});
