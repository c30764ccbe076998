// Evolved code that sends signals and takes all that there is: it spoils its own run at most, gets no
// secret by it, and its container ends by itself.
import { existsSync } from 'node:fs';
import { chmod, cp, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { containerExit, decideRetry } from '@openevolve-aws/job-spec';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BatchJobs, startBatchJobs } from './batch-jobs.ts';
import { imageName } from './build-image.ts';
import {
  type Container,
  type ContainerOptions,
  entrypoints,
  removeContainers,
} from './container.ts';
import { engine } from './engine.ts';
import { submitJob } from './stored-job.ts';

const image = imageName('slim');

let batch: BatchJobs;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'harm-'));
  batch = await startBatchJobs();
});

afterAll(async () => {
  await removeContainers();
  await batch.stop();
  await rm(folder, { recursive: true });
});

async function harm(how: string, options: Partial<ContainerOptions> = {}): Promise<Container> {
  const job = await submitJob(batch.bucket, {
    program: join(import.meta.dirname, 'hostile/program.py'),
    evaluator: join(import.meta.dirname, 'hostile/vandal.py'),
    iterations: 1,
    vcpus: 1,
    memoryMib: 1_100,
    config: {
      evaluator: {
        // What never returns is to end soon; what ends by itself may take its time.
        timeout: how === 'fork_without_end' ? 5 : 60,
        max_retries: 0,
        cascade_evaluation: false,
      },
    },
    env: { HARM: how },
  });
  return batch.start(job, { image, ...options });
}

describe('a signal from evolved code to every process of the entrypoint', () => {
  const signals = Object.entries(constants.signals).filter(
    // The number of a name that has two comes once.
    ([, number], place, all) => all.findIndex(([, other]) => other === number) === place,
  );

  /** What was seen after the signal. */
  interface Aftermath {
    /** Whether a file that was left holds the key: where a process dumps its memory. */
    readonly dumped: boolean;
    /** Of the entrypoint and process 1, where that is another one. */
    readonly states: string;
  }

  async function send(signal: number, options: Partial<ContainerOptions> = {}): Promise<Aftermath> {
    const work = await workFolder();
    const container = await harm(String(signal), {
      work,
      // Naming one limit gives up the defaults of the others.
      options: ['core=-1:-1', 'nofile=20000', 'nproc=20000'].map((limit) => `--ulimit=${limit}`),
      ...options,
    });
    const exitCode = await container.exitCode;
    expect(exitCode === 0 || decideRetry({ exitCode }, 1) === 'RETRY', container.output()).toBe(
      true,
    );
    return { dumped: await holdsTheKey(work), states: await statesIn(work) };
  }

  it.each(signals)('%s leaves no secret, and the job goes on', async (_name, number) => {
    const { dumped, states } = await send(number);
    expect(dumped).toBe(false);
    expect(states).not.toContain('T');
  });

  it('SIGSTOP holds the entrypoint where another init is process 1', async () => {
    const work = await workFolder();
    const { SIGSTOP } = constants.signals;
    const options = { work, entrypoint: entrypoints.withAnotherInit };
    const container = await harm(String(SIGSTOP), options);
    await appears(join(work, 'states'));
    expect(await statesIn(work)).toContain('T');
    // Nothing else ends it: a time limit of the Batch job does the same.
    await container.stop(1);
    await container.exitCode;
  });

  it('SIGABRT to a Node that can be read leaves the key in a dump of its memory', async () => {
    const root = await engine('podman', ['image', 'mount', image]);
    const node = join(folder, 'node');
    await cp(join(root, 'usr/local/bin/node'), node);
    await engine('podman', ['image', 'unmount', image]);
    await chmod(node, 0o755);
    const files = { [node]: '/usr/local/bin/node' };
    const options = { files, entrypoint: entrypoints.withAnotherInit };
    expect(await send(constants.signals.SIGABRT, options)).toMatchObject({ dumped: true });
  });
});

/** A folder of the machine, for a container's working folder. */
async function workFolder(): Promise<string> {
  const work = await mkdtemp(join(folder, 'work-'));
  await chmod(work, 0o1777);
  return work;
}

async function holdsTheKey(work: string): Promise<boolean> {
  for (const entry of await readdir(work, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) {
      const content = await readFile(join(entry.parentPath, entry.name));
      if (content.includes(batch.key)) return true;
    }
  }
  return false;
}

const statesIn = (work: string) => readFile(join(work, 'states'), 'utf8').catch(() => '');

async function appears(file: string): Promise<void> {
  const end = Date.now() + 60_000;
  while (!existsSync(file)) {
    if (Date.now() > end) throw new Error(`${file} never appeared.`);
    await delay(20);
  }
}

describe('a process that evolved code leaves behind, under another name,', () => {
  /** How long it lived, in seconds, after the runner had ended. */
  async function outlived(options: Partial<ContainerOptions> = {}): Promise<number> {
    const work = await workFolder();
    const container = await harm('outlive_the_runner', { work, ...options });
    expect(await container.exitCode, container.output()).toBe(0);
    const [, ended = ''] = /^INFO +(\S+) The runner ended/m.exec(container.output()) ?? [];
    const beats = (await readFile(join(work, 'beats'), 'utf8')).trimEnd().split('\n');
    return Number(beats.at(-1)) - Date.parse(ended) / 1000;
  }

  it('is gone when the entrypoint takes its last look at the files', async () => {
    expect(await outlived()).toBeLessThan(0);
  });

  it('is not, where another init is process 1', async () => {
    expect(await outlived({ entrypoint: entrypoints.withAnotherInit })).toBeGreaterThan(0);
  });

  it('counts no more as a process when it has ended', async () => {
    const container = await harm('leave_orphans');
    expect(await container.exitCode, container.output()).toBe(0);
    expect(container.output()).toContain('NOBODY waits for 0');
  });
});

describe('evolved code that takes all there is of', () => {
  it.each<[what: string, how: string, options: Partial<ContainerOptions>, sign: RegExp]>([
    ['the processes', 'fork_without_end', { processes: 200 }, /NO MORE processes/],
    [
      'the memory',
      'take_memory_that_no_limit_counts',
      { memoryMib: 1_100 },
      /Worker process \d+ ended/,
    ],
    ['the working folder', 'fill_the_working_folder', { workFolderMib: 64 }, /NO MORE space/],
  ])('%s ends its run with a documented code', async (_what, how, options, sign) => {
    const container = await harm(how, options);
    const exitCode = await container.exitCode;
    const { DONE, BAD_PROGRAM, GO_ON } = containerExit;
    expect([DONE, BAD_PROGRAM, GO_ON], container.output()).toContain(exitCode);
    expect(container.output()).toMatch(sign);
    expect(container.output()).not.toContain(batch.key);
  });
});
