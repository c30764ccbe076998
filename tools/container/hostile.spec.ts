// Evolved code that looks for the key and the credentials: in the image it finds nothing, and with
// any one protection taken away the same code finds them.
import { chmod, cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { openStore } from '@openevolve-aws/object-store';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BatchJobs, startBatchJobs } from './batch-jobs.ts';
import { imageName } from './build-image.ts';
import { type ContainerOptions, entrypoints, removeContainers } from './container.ts';
import { engine } from './engine.ts';
import { type StoredJob, submitJob } from './stored-job.ts';

const image = imageName('slim');

/** What the entrypoint says when it is not protected. */
const WARNING = 'Evolved code can read the environment';

interface Report {
  readonly attempt: string;
  /** Names of secrets. */
  readonly found: readonly string[];
  /** How much could be opened, called or read. */
  readonly opened: number;
  /** Reasons, with how often. */
  readonly refused: Readonly<Record<string, number>>;
}

interface Theft {
  readonly job: StoredJob;
  readonly exitCode: number;
  readonly output: string;
  readonly reports: ReadonlyMap<string, Report>;
}

let batch: BatchJobs;
let folder: string;
/** Another owner's object, which holds something. */
let otherObject: string;

/** A program of root's that gives its user. */
let rootId: string;
/** A copy of the image's Node that anyone can read. */
let readableNode: string;
/** The entrypoint, changed to pass its environment on. */
let leakyBundle: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hostile-'));
  const root = await engine('podman', ['image', 'mount', image]);
  rootId = await copyOf(join(root, 'usr/bin/id'), 0o4755);
  readableNode = await copyOf(join(root, 'usr/local/bin/node'), 0o755);
  leakyBundle = join(folder, 'dist');
  await cp(join(root, 'opt/entrypoint/dist'), leakyBundle, { recursive: true });
  await engine('podman', ['image', 'unmount', image]);
  await makeLeaky(leakyBundle);
  batch = await startBatchJobs();
  const other = await openStore(`s3://${batch.bucket}/users/bob/0b0b0b0b/output`);
  await other.put('best_program.py', Buffer.from(batch.key));
  otherObject = `/${batch.bucket}/users/bob/0b0b0b0b/output/best_program.py`;
});

afterAll(async () => {
  await removeContainers();
  await batch.stop();
  await rm(folder, { recursive: true });
});

const withRootId = () => ['--volume', `${rootId}:/usr/local/bin/root-id:ro,suid,exec`];

async function copyOf(file: string, mode: number): Promise<string> {
  const copy = join(folder, basename(file));
  await cp(file, copy);
  await chmod(copy, mode);
  return copy;
}

async function makeLeaky(bundle: string): Promise<void> {
  const clean = /PYTHONUNBUFFERED: ?"1",/;
  for (const name of (await readdir(bundle)).filter((name) => name.endsWith('.js'))) {
    const text = await readFile(join(bundle, name), 'utf8');
    if (clean.test(text)) {
      await writeFile(join(bundle, name), text.replace(clean, '$& ...process.env,'));
      return;
    }
  }
  throw new Error('The bundle makes the environment of the runner in another way now.');
}

/** One run of the job whose evaluator is the thief. */
async function steal(
  options: Partial<ContainerOptions> = {},
  attempts: readonly string[] = [],
): Promise<Theft> {
  const job = await submitJob(batch.bucket, {
    program: join(import.meta.dirname, 'hostile/program.py'),
    evaluator: join(import.meta.dirname, 'hostile/thief.py'),
    iterations: 1,
    vcpus: 1,
    env: {
      ATTEMPTS: attempts.join(','),
      STORE_PORT: new URL(batch.s3.url).port,
      STORE_BUCKET: batch.bucket,
      OTHER_OBJECT: otherObject,
    },
  });
  const container = batch.start(job, { image, ...options });
  const exitCode = await container.exitCode;
  const output = container.output();
  const lines = output.matchAll(/^.*\bATTEMPT (\{.*\})$/gm);
  const reports = [...lines].map(([, json = '']): Report => JSON.parse(json));
  return {
    job,
    exitCode,
    output,
    reports: new Map(reports.map((report) => [report.attempt, report])),
  };
}

function show({ reports }: Theft): void {
  for (const { attempt, found, opened, refused } of reports.values()) {
    const reasons = Object.entries(refused).map(([why, times]) => `${times} x ${why}`);
    console.log(
      `${attempt}: ${found.length > 0 ? `FOUND ${found.join(', ')}` : 'nothing'}; opened ${opened}; ${reasons.join(', ')}`,
    );
  }
}

/** All that the job left in the store, as one text. */
async function storedBy({ outputs }: StoredJob): Promise<string> {
  const texts: string[] = [];
  for await (const { key } of outputs.list('')) {
    texts.push(Buffer.from(await outputs.get(key)).toString('latin1'));
  }
  return texts.join('\n');
}

describe('in the image, evolved code', () => {
  let theft: Theft;

  beforeAll(async () => {
    await batch.machine.closeMetadata();
    theft = await steal({ options: withRootId() });
    show(theft);
  });

  it('runs while the entrypoint has key and credentials', () => {
    expect(theft.exitCode, theft.output).toBe(0);
    expect(theft.output).not.toContain(WARNING);
    expect(batch.machine.asked).toContain(
      batch.machine.environment.AWS_CONTAINER_CREDENTIALS_RELATIVE_URI,
    );
  });

  it('finds by its attempts what is its own, and nothing else', () => {
    expect(theft.reports.size).toBe(23);
    const found = [...theft.reports.values()].flatMap((report) =>
      report.found.map((secret) => `${secret} by ${report.attempt}`),
    );
    expect(found).toEqual([
      'bait by environment_of_every_process',
      'bait by memory_of_every_process',
    ]);
    expect(theft.reports.get('every_file_that_can_be_read')?.opened).toBeGreaterThan(1_000);
  });

  it.each([
    'environment_of_the_supervisors',
    'memory_by_process_vm_readv',
    'trace_of_the_supervisors',
    'files_that_supervisors_have_open',
    'descriptors_that_were_inherited',
    'inspector',
    'file_of_the_supervisors',
    'credentials_endpoint',
    'instance_metadata',
    'other_jobs_objects',
    'files_outside_its_folders',
    'another_user_by_a_file',
    'privileges',
    'root_in_a_user_namespace',
    'gateway_without_the_token',
  ])('gets nowhere: %s', (attempt) => {
    expect(theft.reports.get(attempt)).toMatchObject({ opened: 0 });
  });

  it('meets no file that gives another user but the one that this test brings', () => {
    expect(theft.reports.get('files_that_give_another_user')).toMatchObject({ opened: 1 });
  });

  it('brings nothing secret into the job’s objects or its log', async () => {
    const left = `${theft.output}\n${await storedBy(theft.job)}`;
    for (const secret of [batch.key, batch.s3.environment.AWS_SECRET_ACCESS_KEY ?? '']) {
      expect(left).not.toContain(secret);
    }
  });
});

describe('without a protection, the same code finds', () => {
  beforeAll(() => batch.machine.openMetadata());

  it.each<[secret: string, how: string, attempt: string, without: () => Partial<ContainerOptions>]>(
    [
      [
        'key',
        'environment of a Node that can be read',
        'environment_of_the_supervisors',
        () => ({ files: { [readableNode]: '/usr/local/bin/node' } }),
      ],
      [
        'job credentials',
        'memory of a Node that can be read',
        'memory_of_every_process',
        () => ({ files: { [readableNode]: '/usr/local/bin/node' } }),
      ],
      [
        'key',
        'memory of a Node that can be traced',
        'trace_of_the_supervisors',
        () => ({ files: { [readableNode]: '/usr/local/bin/node' } }),
      ],
      [
        'key',
        'environment of an init that can be read',
        'environment_of_the_supervisors',
        () => ({ entrypoint: entrypoints.withAnotherInit }),
      ],
      [
        'way to job credentials',
        'inspector that SIGUSR1 opens',
        'inspector',
        () => ({ entrypoint: entrypoints.withInspector }),
      ],
      [
        'way to job credentials',
        'environment that is passed on',
        'environment_of_this_process',
        () => ({ files: { [leakyBundle]: '/opt/entrypoint/dist' } }),
      ],
      [
        'job credentials',
        'address in an environment that is passed on',
        'credentials_endpoint',
        () => ({ files: { [leakyBundle]: '/opt/entrypoint/dist' } }),
      ],
      [
        'key',
        'rights of root',
        'environment_of_the_supervisors',
        () => ({ options: ['--user', '0:0'] }),
      ],
      [
        'key',
        'files about the threads of a Node that can be read',
        'all_that_proc_tells_of_the_supervisors',
        () => ({ files: { [readableNode]: '/usr/local/bin/node' } }),
      ],
      ['machine credentials', 'metadata that is open', 'instance_metadata', () => ({})],
    ],
  )('the %s by the %s', async (secret, _how, attempt, without) => {
    const theft = await steal(without(), [attempt]);
    expect(theft.reports.get(attempt)?.found, theft.output).toContain(secret);
  });

  it.each([
    ['a Node that can be read', () => ({ files: { [readableNode]: '/usr/local/bin/node' } })],
    ['an init that can be read', () => ({ entrypoint: entrypoints.withAnotherInit })],
    ['root', () => ({ options: ['--user', '0:0'] })],
  ])('the entrypoint itself warns of %s', async (_what, without) => {
    const { output } = await steal(without(), ['environment_of_this_process']);
    expect(output).toContain(WARNING);
  });

  it('another user by a file that gives it, without no-new-privs', async () => {
    const attempt = 'another_user_by_a_file';
    const theft = await steal(
      {
        options: withRootId(),
        entrypoint: entrypoints.withNewPrivileges,
      },
      [attempt],
    );
    expect(theft.reports.get(attempt), theft.output).toMatchObject({ opened: 1 });
  });
});

describe('a program that gives credentials, named below HOME where evolved code writes,', () => {
  /** What the program saw of the environment of whoever started it. */
  async function seen(environment: Readonly<Record<string, string>> = {}): Promise<string> {
    const work = await mkdtemp(join(folder, 'work-'));
    await mkdir(join(work, '.aws'));
    await writeFile(
      join(work, '.aws/config'),
      '[default]\ncredential_process = /bin/sh -c "env > /tmp/seen; exit 1"\n',
    );
    await chmod(work, 0o1777);
    const job = await submitJob(batch.bucket, {
      program: join(import.meta.dirname, 'hostile/program.py'),
      evaluator: join(import.meta.dirname, 'hostile/thief.py'),
      iterations: 1,
      env: { ATTEMPTS: 'environment_of_this_process' },
    });
    await batch.start(job, { image, work, environment }).exitCode;
    return readFile(join(work, 'seen'), 'utf8').catch(() => '');
  }

  it('is not started', async () => {
    expect(await seen()).toBe('');
  });

  it('would see the way to the credentials', async () => {
    const way = batch.machine.environment.AWS_CONTAINER_CREDENTIALS_RELATIVE_URI;
    expect(await seen({ AWS_CONFIG_FILE: '/tmp/.aws/config' })).toContain(way);
  });
});
