// An administrator's day, on emulators: each step goes on from the one before it.
import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { BatchClient, DescribeJobDefinitionsCommand } from '@aws-sdk/client-batch';
import {
  CreateBucketCommand,
  ListBucketsCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { GuideOutputs } from '@openevolve-aws/job-spec';
import { pythonProgram } from '@openevolve-aws/test-servers';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { EmulatedAccount, guideEnvironment } from './administration/account.ts';

const KEY = 'AIzaSyA-real-looking-key_0123456789abcd';
const TYPED = 'AIzaSyA-typed-in-a-terminal_0123456789';

let account: EmulatedAccount;
let outputs: GuideOutputs;

const config = (endpoint: string) => ({
  endpoint,
  region: 'us-east-1',
  credentials: { accessKeyId: 'administrator', secretAccessKey: 'made-up' },
  forcePathStyle: true,
});
const batch = () => new BatchClient(config(account.url.moto));
const s3 = () => new S3Client(config(account.url.ministack));
const secret = async () => {
  const client = new SecretsManagerClient(config(account.url.ministack));
  const { SecretString } = await client.send(
    new GetSecretValueCommand({ SecretId: outputs.gemini_secret_arn }),
  );
  return JSON.parse(SecretString ?? '');
};
const buckets = async () => {
  const { Buckets = [] } = await s3().send(new ListBucketsCommand({}));
  return Buckets.map(({ Name = '' }) => Name).filter((name) => name.startsWith('openevolve-'));
};
const definitions = async () => {
  const { jobDefinitions = [] } = await batch().send(
    new DescribeJobDefinitionsCommand({ status: 'ACTIVE' }),
  );
  return jobDefinitions;
};

beforeAll(async () => {
  account = await EmulatedAccount.start();
});
afterAll(() => account?.stop());

it('shows an example where no file says what to deploy', async () => {
  const { code, stderr } = await account.run(['deploy', '--config', 'none.json']);
  expect(code).toBe(2);
  expect(stderr).toContain('"alertEmail"');
});

it('names the field of a file that cannot be deployed', async () => {
  await account.write({ ...guideEnvironment, users: ['Ana-Maria'] });
  const { code, stderr } = await account.run(['deploy']);
  expect({ code, stderr }).toMatchObject({ code: 2, stderr: expect.stringContaining('users.0') });
  await account.write(guideEnvironment);
});

it('says what is not deployed yet', async () => {
  const { code, stderr } = await account.run(['outputs']);
  expect({ code, stderr }).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('openevolve-aws deploy'),
  });
});

it('changes nothing before somebody has agreed', async () => {
  const { code, stdout, stderr } = await account.run(['deploy'], 'n\n');
  expect(code).toBe(130);
  // The CDK shows differences beside its output.
  expect(stderr).toContain('AWS::S3::Bucket');
  expect(stdout).toMatch(/in all +3\.96/);
  expect(stderr).toContain('Deploy openevolve-prod to account 000000000000? [y/N]');
  expect(await buckets()).toEqual([]);
});

it('deploys, after a bootstrap, and tells what is left to do', async () => {
  const deployed = await account.json<{ outputs: GuideOutputs; missing: string[] }>(
    ...['deploy', '--yes'],
  );
  outputs = deployed.outputs;
  expect(deployed).toMatchObject({
    environment: 'prod',
    account: '000000000000',
    idleMonthlyCostUsd: 3.96,
    missing: ['provider-key', 'image'],
  });
  expect(await buckets()).toHaveLength(2);
  expect(await account.json('outputs')).toEqual(outputs);
});

it('prints what a shell wants, and keys of users on request only', async () => {
  const { stdout } = await account.run(['outputs', 'ecr_repository_url']);
  expect(stdout).toBe(`${outputs.ecr_repository_url}\n`);
  const all = await account.run(['outputs']);
  expect(all.stdout).toContain(
    `export OPENEVOLVE_INPUT_BUCKET="${outputs.cli_config.OPENEVOLVE_INPUT_BUCKET}"`,
  );
  expect(all.stdout).not.toContain('made-up');
  expect(await account.json('outputs', 'user_credentials', '--keys')).toEqual({
    alice: { access_key_id: 'AKIAIOSFODNN7EXAMPLE', secret_access_key: 'made-up' },
  });
});

it('stores a key from standard input, and no placeholder', async () => {
  const before = await secret();
  for (const wrong of ['AIza...your-real-key...', '<your key>', '{"GEMINI', '{"OTHER":"x"}', '']) {
    const { code } = await account.run(['secret', 'set'], wrong);
    expect(code).toBe(2);
  }
  expect(await secret()).toEqual(before);
  // As the guide writes it.
  const stored = await account.run(['secret', 'set'], `{"GEMINI_API_KEY":"${KEY}"}\n`);
  expect(stored.code).toBe(0);
  expect(stored.stdout + stored.stderr).not.toContain(KEY);
  expect(await secret()).toEqual({ GEMINI_API_KEY: KEY });
});

it("stores another provider's key beside it, under the name that a config gives", async () => {
  const given = 'sk-or-v1-0123456789abcdef0123456789';
  const wrong = await account.run(['secret', 'set', '--name', 'OPEN ROUTER'], given);
  expect(wrong).toMatchObject({ code: 2, stderr: expect.stringContaining('--name') });
  const stored = await account.run(['secret', 'set', '--name', 'OPENROUTER_API_KEY'], given);
  expect(stored).toMatchObject({ code: 0, stdout: expect.stringContaining('OPENROUTER_API_KEY') });
  expect(await secret()).toEqual({ GEMINI_API_KEY: KEY, OPENROUTER_API_KEY: given });
});

it('asks for the key in a terminal without showing it', async () => {
  // A terminal of its own, into which the key is typed once it was asked for.
  const typist = [
    'import os, pty, sys',
    'seen = b""',
    'pid, terminal = pty.fork()',
    'if pid == 0: os.execvp(sys.argv[2], sys.argv[2:])',
    'while b": " not in seen: seen += os.read(terminal, 1024)',
    'os.write(terminal, sys.argv[1].encode() + b"\\r")',
    'try:',
    '    while True:',
    '        part = os.read(terminal, 1024)',
    '        if not part: break',
    '        seen += part',
    'except OSError: pass',
    'print(seen.decode())',
    'sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))',
  ].join('\n');
  const program = new URL('../dist/main.js', import.meta.url).pathname;
  const { stdout } = await promisify(execFile)(
    pythonProgram('python'),
    ['-c', typist, TYPED, process.execPath, program, 'secret', 'set'],
    { cwd: account.folder, env: { ...account.variables } },
  );
  expect(stdout).toContain('GEMINI_API_KEY: ');
  expect(stdout).not.toContain(TYPED);
  expect(await secret()).toMatchObject({ GEMINI_API_KEY: TYPED });
});

it('pushes the image of a commit, with the password on standard input alone', async () => {
  const commit = await account.git('rev-parse', 'HEAD');
  const tag = commit.slice(0, 12);
  const image = `${outputs.ecr_repository_url}:${tag}`;
  expect(await account.json('image', 'push')).toEqual({
    image,
    tag,
    engine: 'podman',
    pushed: true,
  });
  const calls = await account.engineCalls();
  const passwords = calls.map(({ input }) => input).filter((input) => input !== null);
  expect(passwords).toEqual([expect.stringMatching(/.{4,}/)]);
  expect(JSON.stringify(calls.map(({ args }) => args))).not.toContain(passwords[0]);
  expect(calls.map(({ args }) => args[0])).toEqual([
    ...['--version', 'image', 'build', 'login', 'tag', 'push'],
  ]);
  expect(await account.json('image', 'push')).toMatchObject({ image, pushed: false });
});

it('pushes what differs from its commit under a name of its own alone', async () => {
  await writeFile(join(account.folder, 'Dockerfile.aws'), 'FROM scratch\nUSER 1\n');
  const refused = await account.run(['image', 'push']);
  expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('--tag') });
  expect(await account.json('image', 'push', '--tag', 'trial-1')).toMatchObject({
    tag: 'trial-1',
    pushed: true,
  });
  const again = await account.run(['image', 'push', '--tag', 'trial-1']);
  expect(again).toMatchObject({ code: 6, stderr: expect.stringContaining('another --tag') });
});

it('promotes an image to a new revision of every definition, and keeps it in the file', async () => {
  await account.makeDefinitions(
    [...guideEnvironment.users, 'gone'],
    `${outputs.ecr_repository_url}:0.1.0`,
  );
  const unknown = await account.run(['image', 'promote', 'never-pushed']);
  expect(unknown).toMatchObject({ code: 3, stderr: expect.stringContaining('image push') });
  expect((await account.read()).imageTag).toBeUndefined();

  await account.json('image', 'promote', 'trial-1');
  const promoted = (await definitions()).filter(({ revision }) => revision === 2);
  expect(promoted.map(({ jobDefinitionName }) => jobDefinitionName).sort()).toEqual(
    guideEnvironment.users.map((owner) => `openevolve-prod-job-${owner}`),
  );
  for (const { containerProperties } of promoted) {
    expect(containerProperties).toMatchObject({
      image: `${outputs.ecr_repository_url}:trial-1`,
      user: '10001:10001',
    });
  }
  expect(await account.read()).toEqual({ ...guideEnvironment, imageTag: 'trial-1' });
});

it('edits the users of the file', async () => {
  await account.json('users', 'add', 'carol', 'dan', '--access-key');
  await account.json('users', 'remove', 'bob');
  expect(await account.json('users', 'list')).toEqual([
    { user: 'alice', accessKey: true },
    { user: 'ron', accessKey: false },
    { user: 'carol', accessKey: true },
    { user: 'dan', accessKey: true },
  ]);
  const twice = await account.run(['users', 'add', 'erin', 'carol']);
  expect(twice).toMatchObject({ code: 6, stderr: expect.stringContaining('carol') });
  expect(await readFile(join(account.folder, 'openevolve.config.json'), 'utf8')).not.toContain(
    'erin',
  );
});

it('destroys nothing without the name of the environment', async () => {
  const { OPENEVOLVE_OUTPUT_BUCKET: Bucket } = outputs.cli_config;
  for (const Key of ['users/alice/1', 'users/alice/1', 'users/alice/2']) {
    await s3().send(new PutObjectCommand({ Bucket, Key, Body: 'result' }));
  }
  const asked = await account.run(['destroy'], 'production\n');
  expect(asked.code).toBe(130);
  // One of the objects has an older version.
  expect(asked.stdout).toContain(`${Bucket}: 3 objects and versions`);
  expect(asked.stdout).toContain('openevolve-prod');
  expect(await account.run(['destroy'])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('--yes'),
  });
  expect(await buckets()).toContain(Bucket);
});

it("leaves nothing of the environment but the CDK's own stack, and other environments alone", async () => {
  const other = 'openevolve-prod-outputs-lab-1a2b';
  await s3().send(new CreateBucketCommand({ Bucket: other }));
  const { code, stdout } = await account.run(['destroy'], 'prod\n');
  expect(code).toBe(0);
  expect(stdout).toContain('CDKToolkit');
  expect(await buckets()).toEqual([other]);
  expect(await definitions()).toEqual([]);
  expect((await account.run(['outputs'])).code).toBe(2);
  // Again, as after one that was cut off.
  expect((await account.run(['destroy', '--yes'])).code).toBe(0);
});
