import { type FileHandle, open } from 'node:fs/promises';
import { throwIfAborted } from '../abort.ts';
import { type BatchJob, isTerminal, type LogLine, type LogRequest } from '../backend.ts';
import { logAttempts } from '../log-attempts.ts';
import { hintOfChanges } from './change-hint.ts';
import { type LocalHome, logFile } from './home.ts';

/** Between looks when no change is seen. */
const LOOK_MS = 500;
const CHUNK_BYTES = 64 * 1024;

/**
 * A job's log lines, attempt by attempt, from its files.
 *
 * @param describe the job as it is now; a follower depends on it to keep the job going.
 */
export async function* readLogs(
  home: LocalHome,
  batchJobId: string,
  request: LogRequest,
  describe: () => Promise<BatchJob>,
): AsyncGenerator<LogLine> {
  const { since, follow, signal } = request;
  let reached = since === undefined;
  const read = async function* (job: BatchJob, number: number): AsyncGenerator<LogLine, BatchJob> {
    let seen = job;
    const hasEnded = async () => {
      if (follow) {
        seen = await describe();
      }
      const { status, attempts } = seen;
      return !follow || isTerminal(status) || attempts[number - 1]?.stoppedAt !== null;
    };
    for await (const text of readLines(logFile(home, batchJobId, number), hasEnded, signal)) {
      const at = timeOf(text);
      reached ||= since !== undefined && at !== null && Date.parse(at) >= Date.parse(since);
      if (reached) {
        yield { attempt: number, at, text };
      }
    }
    return seen;
  };
  yield* logAttempts({ describe, wait: () => changeIn(home.jobs, signal), read }, request);
}

/** The time in a line of the entrypoint's own: `INFO 2026-01-01T00:00:00.000Z ...`. */
function timeOf(text: string): string | null {
  return /^[A-Z]+ (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z) /.exec(text)?.[1] ?? null;
}

/** Lines of a file that may still grow, until `hasEnded` holds and all is read. */
async function* readLines(
  path: string,
  hasEnded: () => Promise<boolean>,
  signal: AbortSignal | undefined,
): AsyncGenerator<string> {
  const file: FileHandle | null = await open(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') {
      return null;
    }
    throw error;
  });
  if (!file) {
    return;
  }
  try {
    const decoder = new TextDecoder();
    const buffer = Buffer.alloc(CHUNK_BYTES);
    let rest = '';
    for (;;) {
      // Asked before the read: what was written before the end is then read after it.
      const ended = await hasEnded();
      for (;;) {
        throwIfAborted(signal);
        const { bytesRead } = await file.read(buffer, 0, CHUNK_BYTES);
        if (bytesRead === 0) {
          break;
        }
        const lines = (
          rest + decoder.decode(buffer.subarray(0, bytesRead), { stream: true })
        ).split('\n');
        rest = lines.pop() ?? '';
        yield* lines;
      }
      if (ended) {
        rest += decoder.decode();
        if (rest !== '') {
          yield rest;
        }
        return;
      }
      await changeIn(path, signal);
    }
  } finally {
    await file.close();
  }
}

/** Settles at the next change of a file or folder, or after a while. */
async function changeIn(path: string, signal: AbortSignal | undefined): Promise<void> {
  throwIfAborted(signal);
  await new Promise<void>((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', done);
      endHint();
      resolve();
    };
    const timer = setTimeout(done, LOOK_MS);
    const endHint = hintOfChanges(path, done);
    signal?.addEventListener('abort', done, { once: true });
  });
  throwIfAborted(signal);
}
