import { type CommitEntry, JobSpecError, summarySchema } from '@openevolve-aws/job-spec';
import { prefixed } from '@openevolve-aws/object-store';
import { jobPrefixes, outputKeys } from '@openevolve-aws/s3-layout';
import type { Backend } from '../backend.ts';
import { findJob } from './find-job.ts';
import { readBytes, readStored } from './stored-document.ts';
import { withSignal } from './with-signal.ts';

export interface VerifiedCommit {
  readonly seq: number;
  /** OpenEvolve's name of the checkpoint. */
  readonly label: string;
  readonly iterationsDone: number;
  readonly bytes: number;
  /** Null when all of its files are what was committed. */
  readonly problem: string | null;
}

export interface Verification {
  readonly jobId: string;
  /** All that can be restored, oldest first. */
  readonly commits: readonly VerifiedCommit[];
  /** What is wrong with the log or the results, each in a sentence. */
  readonly problems: readonly string[];
  /** Nothing is wrong. */
  readonly sound: boolean;
}

export interface VerifyRequest {
  readonly onCommit?: ((commit: VerifiedCommit) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Reads all that is saved of a job and checks every hash, without changing anything.
 *
 * @throws {BatchClientError} `NOT_FOUND` for an unknown job.
 * @example
 * const { sound, commits } = await verifyJob(backend, 'alice', 'a1b2c3d4');
 */
export async function verifyJob(
  backend: Backend,
  owner: string,
  reference: string,
  { onCommit = () => undefined, signal }: VerifyRequest = {},
): Promise<Verification> {
  const { CheckpointSyncError, readState, verifyCommit } = await import(
    '@openevolve-aws/checkpoint-sync'
  );
  /** What was found out. A store that fails says nothing of what it holds. */
  const sentenceOf = (error: unknown): string => {
    const isFinding = error instanceof CheckpointSyncError && error.permanent;
    if (error instanceof Error && (isFinding || error instanceof JobSpecError)) {
      return error.message;
    }
    throw error;
  };
  const asked = withSignal(backend, signal);
  const job = await findJob(asked, owner, reference);
  const prefix = jobPrefixes(job.owner, job.id).output;
  const store = prefixed(asked.outputs, prefix);
  const problems: string[] = [];
  const state = await readState(store, signal && { signal }).catch((error: unknown) => {
    problems.push(sentenceOf(error));
    return null;
  });
  problems.push(...(state?.unreadable ?? []).map(({ reason }) => reason));
  const commits: VerifiedCommit[] = [];
  for (const entry of state?.commits ?? []) {
    const problem = await verifyCommit(store, entry, signal && { signal }).then(
      () => null,
      sentenceOf,
    );
    const commit = { ...factsOf(entry), problem };
    commits.push(commit);
    onCommit(commit);
  }
  const summaryKey = `${prefix}/${outputKeys.summary}`;
  const summary = await readStored(asked, 'outputs', summarySchema, summaryKey).catch(
    (error: unknown) => {
      problems.push(sentenceOf(error));
      return null;
    },
  );
  const best = summary?.best?.file;
  if (best !== undefined && (await readBytes(asked.outputs, `${prefix}/${best}`)) === null) {
    problems.push(`The results name ${best}, and ${backend.outputUri(prefix)} does not hold it.`);
  }
  const sound = problems.length === 0 && commits.every(({ problem }) => problem === null);
  return { jobId: job.id, commits, problems, sound };
}

function factsOf({ seq, label, ledger, bytes }: CommitEntry): Omit<VerifiedCommit, 'problem'> {
  return { seq, label, iterationsDone: ledger.done, bytes };
}
