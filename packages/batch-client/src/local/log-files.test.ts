import { appendFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { collect } from '@openevolve-aws/object-store/testing';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { BatchAttempt, BatchJob, BatchStatus, LogLine, LogRequest } from '../backend.ts';
import { type LocalHome, localHome, logFile } from './home.ts';
import { readLogs } from './log-files.ts';

const id = '6b2ba4b6-4b0f-4d0f-9b0c-0f9c3c1f0b11';
let home: LocalHome;
let job: BatchJob;

beforeEach(async () => {
  home = localHome(await mkdtemp(join(tmpdir(), 'log-files-')));
  await mkdir(home.jobs, { recursive: true });
  await mkdir(dirname(logFile(home, id, 1)), { recursive: true });
  job = {
    batchJobId: id,
    batchJobName: 'first',
    owner: 'alice',
    jobId: '0a1b2c3d',
    submission: 1,
    status: 'RUNNING',
    statusReason: null,
    createdAt: '2026-01-01T00:00:00.000Z',
    startedAt: null,
    stoppedAt: null,
    attempts: [],
  };
});

afterEach(() => rm(home.directory, { recursive: true, force: true }));

const attempt = (number: number, stoppedAt: string | null): BatchAttempt => ({
  number,
  startedAt: '2026-01-01T00:00:00.000Z',
  stoppedAt,
  exitCode: null,
  reason: null,
});
const set = async (status: BatchStatus, attempts: readonly BatchAttempt[]) => {
  job = { ...job, status, attempts };
  await writeFile(join(home.jobs, `${id}.json`), status);
};
const logs = (request: LogRequest) => readLogs(home, id, request, async () => job);
const at = '2026-01-01T00:00:01.000Z';

async function read(request: LogRequest): Promise<Omit<LogLine, 'at'>[]> {
  return (await collect(logs(request))).map(({ attempt, text }) => ({ attempt, text }));
}

it('joins characters that were split between two reads', async () => {
  // 64 KiB are read at a time; two-byte characters after one byte lie across that border.
  const line = `x${'é'.repeat(40_000)}`;
  await writeFile(logFile(home, id, 1), `${line}\nlast`);
  await set('SUCCEEDED', [attempt(1, at)]);
  expect(await read({ follow: false })).toEqual([
    { attempt: 1, text: line },
    { attempt: 1, text: 'last' },
  ]);
});

it('joins characters and lines that were written in pieces', async () => {
  const path = logFile(home, id, 1);
  const [first, second] = [Buffer.from('é').subarray(0, 1), Buffer.from('é\nb\n').subarray(1)];
  await writeFile(path, Buffer.concat([Buffer.from('a\n'), first]));
  await set('RUNNING', [attempt(1, null)]);
  const seen: string[] = [];
  for await (const { text } of logs({ follow: true })) {
    seen.push(text);
    if (text === 'a') {
      await appendFile(path, second);
    }
    if (text === 'b') {
      await set('SUCCEEDED', [attempt(1, at)]);
    }
  }
  expect(seen).toEqual(['a', 'é', 'b']);
});

it('follows across a retry, and ends with the job', async () => {
  await writeFile(logFile(home, id, 1), 'one\n');
  await set('RUNNING', [attempt(1, null)]);
  const seen: LogLine[] = [];
  for await (const line of logs({ follow: true })) {
    seen.push(line);
    if (line.text === 'one') {
      await set('RUNNABLE', [attempt(1, at)]);
      await writeFile(logFile(home, id, 2), 'two\n');
      await set('RUNNING', [attempt(1, at), attempt(2, null)]);
    } else {
      await set('SUCCEEDED', [attempt(1, at), attempt(2, at)]);
    }
  }
  expect(seen).toMatchObject([
    { attempt: 1, text: 'one' },
    { attempt: 2, text: 'two' },
  ]);
});

it('shows one attempt alone, and says which there are when it is not there', async () => {
  await writeFile(logFile(home, id, 1), 'one\n');
  await writeFile(logFile(home, id, 2), 'two\n');
  await set('SUCCEEDED', [attempt(1, at), attempt(2, at)]);
  expect(await read({ follow: true, attempt: 2 })).toEqual([{ attempt: 2, text: 'two' }]);
  await expect(read({ follow: true, attempt: 3 })).rejects.toMatchObject({
    code: 'NOT_FOUND',
    message: expect.stringContaining('it has had 2'),
  });
});

it('ends with the job even when an attempt has no end on record', async () => {
  await writeFile(logFile(home, id, 1), 'one\n');
  await set('FAILED', [attempt(1, null)]);
  expect(await read({ follow: true })).toEqual([{ attempt: 1, text: 'one' }]);
});

it.each(['before an attempt has begun', 'while an attempt is silent'])(
  'is aborted %s',
  async (when) => {
    const abort = new AbortController();
    await writeFile(logFile(home, id, 1), 'one\n');
    await set('RUNNABLE', when === 'while an attempt is silent' ? [attempt(1, null)] : []);
    const reading = read({ follow: true, signal: abort.signal });
    setImmediate(() => abort.abort());
    await expect(reading).rejects.toMatchObject({ code: 'ABORTED' });
  },
);

it('begins with the attempt that runs, or that ran last', async () => {
  await writeFile(logFile(home, id, 1), 'one\n');
  await writeFile(logFile(home, id, 2), 'two\n');
  await set('SUCCEEDED', [attempt(1, at), attempt(2, at)]);
  expect(await read({ attempt: 'latest', follow: false })).toEqual([{ attempt: 2, text: 'two' }]);
});

it('begins with the first line of the time that was asked for, and keeps those without a time behind it', async () => {
  const times = ['2026-01-01T00:00:01.000Z', '2026-01-01T00:00:02.000Z'] as const;
  await writeFile(
    logFile(home, id, 1),
    `INFO ${times[0]} old\nTraceback\nINFO ${times[1]} new\nTraceback\n`,
  );
  await set('SUCCEEDED', [attempt(1, at)]);
  expect(await collect(logs({ since: times[1], follow: false }))).toEqual([
    { attempt: 1, at: times[1], text: `INFO ${times[1]} new` },
    { attempt: 1, at: null, text: 'Traceback' },
  ]);
});
