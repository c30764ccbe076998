import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, open, rm } from 'node:fs/promises';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { jobPrefixes } from '@openevolve-aws/s3-layout';
import { AttemptProcess, untilEnded } from './attempt-process.ts';
import { type LocalHome, logFile, noticeFile, workFolder } from './home.ts';
import type { JobRecord } from './job-record.ts';
import { identify, type ProcessIdentity } from './process-identity.ts';
import { readSecrets } from './secrets.ts';

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

export interface StartOptions {
  readonly home: LocalHome;
  /** Starts the entrypoint. */
  readonly entrypoint: readonly string[];
  /** Added to the entrypoint's environment. */
  readonly variables: Readonly<Record<string, string>>;
  readonly report: (line: string) => void;
}

/**
 * Starts the entrypoint for one attempt, as the container's start would: in a process group of its
 * own, with an environment made from scratch, its output in the attempt's log file. Its standard
 * input is a pipe that ends when this process dies, which the entrypoint takes for SIGTERM.
 *
 * @throws when it cannot be started, whatever the cause; nothing runs then.
 */
export async function startAttempt(
  options: StartOptions,
  record: JobRecord,
): Promise<AttemptProcess> {
  const { home, report } = options;
  const number = record.attempts.length + 1;
  const notice = noticeFile(home, record.batchJobId, number);
  await mkdir(workFolder(home, record.batchJobId), { recursive: true });
  // Never a name that was used before: a start that an earlier supervisor did not live to record
  // may still work in its own folder.
  const work = await mkdtemp(join(workFolder(home, record.batchJobId), `${number}-`));
  const removeFiles = () => removeAll([work, notice]);
  try {
    await rm(notice, { force: true });
    const { child, ended } = await spawnEntrypoint(options, record, number, work, notice);
    // A broken pipe only says that the child has gone, which 'exit' says too.
    child.stdin?.on('error', () => undefined);
    const letGo = () => {
      child.stdin?.destroy();
      child.unref();
    };
    const identity = await identify(child.pid ?? 0);
    return new AttemptProcess({ identity, notice, ended, letGo, removeFiles, report });
  } catch (error) {
    await removeFiles();
    throw error;
  }
}

/**
 * Takes over an attempt whose supervisor has died. It notices that by itself, saves and ends, and is
 * killed when it does not. Nobody can see its exit code.
 *
 * @param record of a running job.
 */
export function adoptAttempt(
  { home, report }: StartOptions,
  record: JobRecord,
  identity: ProcessIdentity,
): AttemptProcess {
  const notice = noticeFile(home, record.batchJobId, record.attempts.length);
  const released = new AbortController();
  const attempt = new AttemptProcess({
    identity,
    notice,
    ended: untilEnded(identity, released.signal),
    letGo: () => released.abort(),
    removeFiles: async () => {
      if (!released.signal.aborted) {
        await removeAll([workFolder(home, record.batchJobId), notice]);
      }
    },
    report,
  });
  attempt.killLater();
  return attempt;
}

async function spawnEntrypoint(
  { home, entrypoint, variables }: StartOptions,
  record: JobRecord,
  number: number,
  work: string,
  notice: string,
): Promise<{ child: ChildProcess; ended: Promise<number> }> {
  const [program, ...args] = entrypoint;
  if (program === undefined) {
    throw new TypeError('the command that starts the entrypoint is empty');
  }
  const log = logFile(home, record.batchJobId, number);
  await Promise.all(
    [dirname(notice), dirname(log)].map((path) => mkdir(path, { recursive: true })),
  );
  const prefixes = jobPrefixes(record.owner, record.jobId);
  const secrets = await readSecrets(home, record.batchJobId);
  const output = await open(log, 'a', 0o600);
  try {
    const child = spawn(program, args, {
      cwd: work,
      detached: true,
      stdio: ['pipe', output.fd, output.fd],
      env: {
        ...Object.fromEntries(
          inherited.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])),
        ),
        ...variables,
        ...secrets,
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
    const ended = exitCodeOf(child);
    await once(child, 'spawn');
    return { child, ended };
  } finally {
    await output.close();
  }
}

async function exitCodeOf(child: ChildProcess): Promise<number> {
  return new Promise((resolve) => {
    child.once('exit', (code, signal) =>
      resolve(code ?? 128 + constants.signals[signal ?? 'SIGKILL']),
    );
  });
}

/** A killed group may still write for a moment after the signal, so removing may need more tries. */
async function removeAll(paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    await rm(path, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
  }
}
