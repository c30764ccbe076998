import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, open, rm } from 'node:fs/promises';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Notice } from '@openevolve-aws/job-spec';
import { jobPrefixes } from '@openevolve-aws/s3-layout';
import { type LocalHome, logFile } from './home.ts';
import type { JobRecord } from './job-record.ts';
import { replaceJson } from './json-file.ts';
import { processStartTime } from './process-identity.ts';
import { readSecrets } from './secrets.ts';

/** What a machine keeps running after it has sent SIGTERM, as the launch template sets it. */
const STOP_TIMEOUT_MS = 120_000;
/** What a machine that is taken away gives after its notice has run out. */
const TAKEN_TIMEOUT_MS = 2_000;

/** Variables of this machine that a container's process may see. */
const inherited = [
  'PATH',
  'HOME',
  'LANG',
  'LC_ALL',
  'TZ',
  'TMPDIR',
  'SSL_CERT_FILE',
  'NODE_EXTRA_CA_CERTS',
];

export interface AttemptProcess {
  readonly identity: { pid: number; startTime: string };
  /** The exit code, or 128 + the signal's number; settles once. */
  readonly exited: Promise<number>;
  /** SIGTERM, and SIGKILL to the whole group when that does not help in time. */
  terminate(): void;
  /** A Spot notice now, the end of the machine when its time is up. */
  interrupt(noticeSeconds: number): Promise<void>;
}

/**
 * Starts the entrypoint for one attempt, as the container's start would: in a process group of its
 * own, with an environment made from scratch, its output in the attempt's log file. Its standard
 * input is a pipe that ends when this process dies, which the entrypoint takes for SIGTERM.
 */
export async function startAttempt(
  home: LocalHome,
  record: JobRecord,
  command: readonly string[],
  variables: Readonly<Record<string, string>>,
): Promise<AttemptProcess> {
  const number = record.attempts.length + 1;
  const work = join(home.work, record.batchJobId, String(number));
  const notice = join(home.notices, `${record.batchJobId}-${number}.json`);
  const log = logFile(home, record.batchJobId, number);
  await rm(work, { recursive: true, force: true });
  await Promise.all(
    [work, dirname(notice), dirname(log)].map((path) => mkdir(path, { recursive: true })),
  );

  const prefixes = jobPrefixes(record.owner, record.jobId);
  const output = await open(log, 'a', 0o600);
  const [program, ...args] = command;
  if (program === undefined) {
    throw new TypeError('the command that starts the entrypoint is empty');
  }
  let child: ChildProcess;
  try {
    child = spawn(program, args, {
      cwd: work,
      detached: true,
      stdio: ['pipe', output.fd, output.fd],
      env: {
        ...Object.fromEntries(
          inherited.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])),
        ),
        ...variables,
        ...(await readSecrets(home, record.batchJobId)),
        S3_INPUT_PREFIX: pathToFileURL(join(home.inputs, prefixes.input)).href,
        S3_OUTPUT_PREFIX: pathToFileURL(join(home.outputs, prefixes.output)).href,
        JOB_OWNER: record.owner,
        JOB_SHORT_ID: record.jobId,
        OPENEVOLVE_SUBMISSION: String(record.submission),
        OPENEVOLVE_WORK_DIR: work,
        OPENEVOLVE_NOTICE_FILE: notice,
        OPENEVOLVE_LIFELINE: 'stdin',
        AWS_BATCH_JOB_ID: record.batchJobId,
        AWS_BATCH_JOB_ATTEMPT: String(number),
      },
    });
  } finally {
    await output.close();
  }

  const timers = new Set<NodeJS.Timeout>();
  const exited = new Promise<number>((resolve) => {
    child.once('error', () => resolve(127));
    child.once('exit', (code, signal) =>
      resolve(code ?? 128 + constants.signals[signal ?? 'SIGKILL']),
    );
  }).finally(async () => {
    for (const timer of timers) {
      clearTimeout(timer);
    }
    // What the attempt may have left behind dies with its machine.
    signalGroup(child.pid, 'SIGKILL');
    await rm(work, { recursive: true, force: true });
  });
  // A broken pipe only says that the child has gone, which 'exit' says too.
  child.stdin?.on('error', () => undefined);

  const killLater = (milliseconds: number) => {
    timers.add(setTimeout(() => signalGroup(child.pid, 'SIGKILL'), milliseconds));
  };
  const terminate = (timeout: number) => {
    child.kill('SIGTERM');
    killLater(timeout);
  };
  const pid = child.pid ?? 0;
  return {
    identity: { pid, startTime: (await processStartTime(pid)) ?? 'gone' },
    exited,
    terminate: () => terminate(STOP_TIMEOUT_MS),
    async interrupt(noticeSeconds) {
      if (noticeSeconds === 0) {
        signalGroup(child.pid, 'SIGKILL');
        return;
      }
      const time = new Date(Date.now() + noticeSeconds * 1000);
      await replaceJson(notice, { action: 'terminate', time: time.toISOString() } satisfies Notice);
      timers.add(setTimeout(() => terminate(TAKEN_TIMEOUT_MS), noticeSeconds * 1000));
    },
  };
}

function signalGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) {
    return;
  }
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') {
      throw error;
    }
  }
}
