import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { EntrypointError } from '../errors.ts';
import { readLines } from './lines.ts';
import { type RunnerCommand, type RunnerEvent, runnerEventSchema } from './protocol.ts';

export const EVENTS_FD = 3;
export const CONTROL_FD = 4;

/** Beside this file in the sources, beside the bundle in the published package. */
export const runnerDirectory = fileURLToPath(
  new URL(import.meta.url.endsWith('.ts') ? '../../runner' : './runner', import.meta.url),
);

/** How long after the end its last lines may take to come through. */
const LAST_WORDS_MS = 1_000;

export interface RunnerExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface RunnerProcess {
  /** Ends with the event pipe: the runner has closed it, or is gone. */
  readonly events: AsyncIterable<RunnerEvent>;
  readonly exited: Promise<RunnerExit>;
  /** Settles soon after the end, when what was printed has been passed on. */
  readonly printed: Promise<unknown>;
  send(command: RunnerCommand): void;
  /** Lets the runner go on where a signal has stopped it. */
  wake(): void;
  /** The runner and all that it started. */
  kill(): void;
}

export interface RunnerOptions {
  readonly python: string;
  readonly runFile: string;
  readonly directory: string;
  readonly environment: Record<string, string>;
  /** Lines of standard output and error: OpenEvolve's log, and whatever evolved code prints. */
  readonly onLine: (line: string) => void;
}

/**
 * Starts the Python runner in a process group of its own. Events come over a pipe that evolved code
 * does not have; what is printed on standard output is shown and never believed.
 *
 * @throws {EntrypointError} `INTERNAL` when Python cannot be started.
 */
export async function startRunner(options: RunnerOptions): Promise<RunnerProcess> {
  const child = spawn(options.python, ['-B', runnerDirectory, options.runFile], {
    cwd: options.directory,
    env: options.environment,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe', 'pipe', 'pipe'],
  });
  const exited = new Promise<RunnerExit>((resolve) => {
    child.once('exit', (code, signal) => resolve({ code, signal }));
  });
  const pid = child.pid ?? 0;
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', (cause) =>
      reject(
        new EntrypointError(
          'INTERNAL',
          `The Python ${options.python} could not be started: ${cause.message}. OPENEVOLVE_PYTHON must name a Python that has OpenEvolve.`,
          { cause },
        ),
      ),
    );
  });

  const outputs = [child.stdout as Readable, child.stderr as Readable];
  const printed = Promise.all(outputs.map((output) => passLines(output, options.onLine)));
  void exited.then(() => {
    // A process that got away may hold the pipe for ever.
    setTimeout(() => outputs.map((output) => output.destroy()), LAST_WORDS_MS).unref();
  });
  const control = child.stdio[CONTROL_FD] as Writable;
  // A broken pipe only says that the runner has gone, which 'exit' says too.
  control.on('error', () => undefined);

  return {
    events: readEvents(child.stdio[EVENTS_FD] as Readable),
    exited,
    send: (command) => void control.write(`${JSON.stringify(command)}\n`),
    printed,
    wake: () => signalGroup(pid, 'SIGCONT'),
    kill: () => signalGroup(pid, 'SIGKILL'),
  };
}

function signalGroup(leader: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-leader, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') {
      throw error;
    }
  }
}

async function passLines(output: Readable, onLine: (line: string) => void): Promise<void> {
  try {
    for await (const line of readLines(output)) {
      onLine(line);
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_STREAM_PREMATURE_CLOSE') {
      throw error;
    }
  }
}

async function* readEvents(pipe: Readable): AsyncGenerator<RunnerEvent> {
  for await (const line of createInterface({ input: pipe })) {
    const parsed = runnerEventSchema.safeParse(parseLine(line));
    if (!parsed.success) {
      throw new EntrypointError(
        'INTERNAL',
        `The runner sent an event that breaks the protocol: ${line.slice(0, 200)}`,
        { cause: parsed.error },
      );
    }
    yield parsed.data;
  }
}

function parseLine(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
