import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { TestServerError } from './errors.ts';

/** What an AWS client needs to reach a server. */
export interface Server {
  /** `http://127.0.0.1:<port>` */
  readonly url: string;
  /** `AWS_ACCESS_KEY_ID` and the like, for clients and child processes. */
  readonly environment: Readonly<Record<string, string>>;
  readonly pid: number;
  /** Everything that it wrote so far. */
  output(): string;
  /** Ends it, and settles when it is gone. */
  stop(): Promise<void>;
}

export interface Launch {
  readonly program: string;
  readonly arguments: (port: number) => readonly string[];
  readonly environment?: (port: number) => Readonly<Record<string, string>>;
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
  /** How long it may take to answer, in milliseconds. */
  readonly patienceMs?: number;
}

const ANSWER_POLL_MS = 25;

/**
 * Starts a server on a free port of 127.0.0.1 and waits for its first answer.
 *
 * @throws {TestServerError} when it ends, or does not answer in time; its output is in the message.
 */
export async function launch(what: Launch): Promise<Server> {
  const port = await freePort();
  const credentials = what.credentials ?? { accessKeyId: 'test', secretAccessKey: 'test' };
  const child = spawn(what.program, what.arguments(port), {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...what.environment?.(port) },
  });
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => chunks.push(chunk));
  const output = () => Buffer.concat(chunks).toString();
  const url = `http://127.0.0.1:${port}`;
  const ended = once(child, 'exit').then(([code, signal]) => `ended with ${code ?? signal}`);
  const failed = once(child, 'error').then(([error]) => `could not be started: ${String(error)}`);
  const problem = await Promise.race([
    ended,
    failed,
    answer(url, what.patienceMs ?? 30_000).then((answered) => (answered ? null : 'gave no answer')),
  ]);
  if (problem !== null || child.pid === undefined) {
    child.kill('SIGKILL');
    throw new TestServerError(`${what.program} ${problem}. It wrote: ${output().slice(-2_000)}`);
  }
  return {
    url,
    pid: child.pid,
    environment: {
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
      AWS_REGION: 'us-east-1',
      AWS_DEFAULT_REGION: 'us-east-1',
      AWS_ENDPOINT_URL: url,
    },
    output,
    stop: () => stop(child),
  };
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) {
    return;
  }
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
}

/** Any answer will do: most of these servers refuse a request without a signature. */
async function answer(url: string, patienceMs: number): Promise<boolean> {
  const end = Date.now() + patienceMs;
  while (Date.now() < end) {
    const answered = await fetch(url, { signal: AbortSignal.timeout(2_000) }).then(
      async (response) => {
        await response.body?.cancel();
        return true;
      },
      () => false,
    );
    if (answered) {
      return true;
    }
    await delay(ANSWER_POLL_MS);
  }
  return false;
}

/** Another process may take the port before the server does; then the server says so and ends. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') {
    throw new TestServerError('No free port was given.');
  }
  return address.port;
}
