import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import { cache, engine, engineEnvironment } from './engine.ts';

/** The user of the job definition. */
export const USER = '10001:10001';

const setpriv = ['/usr/bin/setpriv', '--no-new-privs', '--'];
const main = '/opt/entrypoint/dist/main.js';

/** The image's entry point, and what it would be without one thing or another. */
export const entrypoints = {
  withInspector: [...setpriv, '/usr/local/bin/node', main],
  withNewPrivileges: ['/usr/local/bin/node', '--disable-sigusr1', main],
  /** Process 1 is another one, as with AWS Batch's own init, and everyone may read it. */
  withAnotherInit: [
    ...[...setpriv, '/bin/sh', '-c', '"$@"; exit $?', 'sh'],
    ...['/usr/local/bin/node', '--disable-sigusr1', main],
  ],
} as const;

export interface ContainerOptions {
  readonly image: string;
  readonly environment: Readonly<Record<string, string>>;
  /** `source:target` pairs, mounted read-only over what is there. */
  readonly files?: Readonly<Record<string, string>>;
  /** A folder of the machine as `/tmp`, to look into afterwards; memory without it. */
  readonly work?: string;
  /** In the place of the image's own. */
  readonly entrypoint?: readonly string[];
  readonly memoryMib?: number;
  readonly workFolderMib?: number;
  readonly processes?: number;
  /** More options of `podman run`. */
  readonly options?: readonly string[];
}

export interface Container {
  /** What it wrote so far, both streams. */
  output(): string;
  /** Settles when the output matches. */
  wrote(pattern: RegExp): Promise<void>;
  readonly exitCode: Promise<number>;
  /** SIGTERM, and SIGKILL after that many seconds, as the ECS agent does. */
  stop(graceSeconds: number): Promise<void>;
}

/** Containers that run; for {@link removeContainers}. */
const running = new Set<string>();

/**
 * Starts a container with what the job definition says: no root, a root that is read-only, `/tmp` in
 * memory, and nothing else that protects. Whatever more protects is the image's.
 */
export function startContainer(options: ContainerOptions): Container {
  const name = `job-${randomBytes(6).toString('hex')}`;
  const { image, environment, files = {}, entrypoint, work } = options;
  const tmpfs = `rw,exec,nosuid,nodev,mode=1777,size=${options.workFolderMib ?? 512}m`;
  const child = spawn(
    'podman',
    [
      ...['run', '--rm', '--pull=never', '--name', name, '--network', 'host', '--user', USER],
      ...['--read-only', '--read-only-tmpfs=false'],
      ...(work === undefined ? ['--tmpfs', `/tmp:${tmpfs}`] : ['--volume', `${work}:/tmp:rw`]),
      ...['--memory', `${options.memoryMib ?? 1_500}m`],
      ...['--pids-limit', String(options.processes ?? 500)],
      ...Object.keys(environment).flatMap((variable) => ['--env', variable]),
      ...Object.entries(files).flatMap(([from, to]) => ['--volume', `${from}:${to}:ro`]),
      ...(entrypoint === undefined ? [] : ['--entrypoint', JSON.stringify(entrypoint)]),
      ...(options.options ?? []),
      image,
    ],
    // The runtime leaves a file where memory ran out.
    {
      cwd: cache,
      env: { ...engineEnvironment, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  running.add(name);
  const { output, wrote } = collect(child);
  const exitCode = once(child, 'close').then(([code]) => {
    running.delete(name);
    return Number(code);
  });
  return {
    output,
    wrote,
    exitCode,
    async stop(graceSeconds) {
      await engine('podman', ['stop', '-t', String(graceSeconds), name]);
    },
  };
}

/** Ends what a failed test left. */
export async function removeContainers(): Promise<void> {
  for (const name of running) {
    await engine('podman', ['rm', '-f', '-t', '0', name]).catch(() => undefined);
  }
}

/** Runs a command in the image, without its entrypoint, and returns what it printed. */
export async function runInImage(image: string, ...command: string[]): Promise<string> {
  const [program = '', ...args] = command;
  return engine('podman', [
    ...['run', '--rm', '--pull=never', '--network=none', '--read-only', '--user', USER],
    ...['--entrypoint', program, image, ...args],
  ]);
}

/** What a process writes, from now on. */
export function collect(child: ChildProcess): Pick<Container, 'output' | 'wrote'> {
  const chunks: Buffer[] = [];
  const news = new EventEmitter().setMaxListeners(0);
  let ended = false;
  const output = () => Buffer.concat(chunks).toString();
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      news.emit('news');
    });
  }
  child.once('close', () => {
    ended = true;
    news.emit('news');
  });
  return {
    output,
    async wrote(pattern) {
      while (!pattern.test(output())) {
        if (ended) {
          throw new Error(`It ended and never wrote ${pattern}. It wrote:\n${output()}`);
        }
        await once(news, 'news');
      }
    },
  };
}
