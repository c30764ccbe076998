import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

/** Where the local backend keeps what it knows. The two stores hold what S3 would. */
export interface LocalHome {
  readonly directory: string;
  readonly inputs: string;
  readonly outputs: string;
  readonly jobs: string;
  readonly requests: string;
  readonly logs: string;
  readonly notices: string;
  readonly secrets: string;
  readonly work: string;
  /** The lock's target: whoever holds it is the supervisor. */
  readonly lock: string;
  /** Which process took the lock. */
  readonly lockOwner: string;
}

/**
 * The folders of a local backend. Pure.
 *
 * @param directory an absolute path; see {@link defaultHomeDirectory}.
 */
export function localHome(directory: string): LocalHome {
  const batch = join(directory, 'batch');
  return {
    directory,
    inputs: join(directory, 'inputs'),
    outputs: join(directory, 'outputs'),
    jobs: join(batch, 'jobs'),
    requests: join(batch, 'requests'),
    logs: join(batch, 'logs'),
    notices: join(batch, 'notices'),
    secrets: join(batch, 'secrets'),
    work: join(batch, 'work'),
    lock: batch,
    lockOwner: join(batch, 'supervisor.json'),
  };
}

/** `OPENEVOLVE_AWS_HOME`, or `openevolve-aws` in the user's data folder (XDG); absolute. */
export function defaultHomeDirectory(variables: NodeJS.ProcessEnv): string {
  return resolve(
    variables.OPENEVOLVE_AWS_HOME ||
      join(variables.XDG_DATA_HOME || join(homedir(), '.local', 'share'), 'openevolve-aws'),
  );
}

export function logFile(home: LocalHome, batchJobId: string, attempt: number): string {
  return join(home.logs, batchJobId, `${attempt}.log`);
}

export function noticeFile(home: LocalHome, batchJobId: string, attempt: number): string {
  return join(home.notices, `${batchJobId}-${attempt}.json`);
}

/** Holds one folder per start of an attempt. */
export function workFolder(home: LocalHome, batchJobId: string): string {
  return join(home.work, batchJobId);
}
