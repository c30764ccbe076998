import type { Backend, CallOptions } from '../backend.ts';
import { concurrently } from './concurrently.ts';
import { findJob } from './find-job.ts';
import { type Run, runsOf } from './find-run.ts';
import { withSignal } from './with-signal.ts';

const FINDS_AT_ONCE = 16;

/**
 * Where several jobs stand, in the order of their names: each with its newest submission. AWS Batch
 * is asked for a hundred at a time.
 *
 * @throws {BatchClientError} `NOT_FOUND` when one of them is unknown.
 * @example
 * const runs = await describeJobs(backend, 'alice', ['a1b2c3d4', 'experiment-7']);
 * const waiting = runs.filter(({ batch }) => batch.status === 'RUNNABLE');
 */
export async function describeJobs(
  backend: Backend,
  owner: string,
  references: readonly string[],
  { signal }: CallOptions = {},
): Promise<Run[]> {
  const asked = withSignal(backend, signal);
  const jobs = await concurrently(references, FINDS_AT_ONCE, (reference) =>
    findJob(asked, owner, reference),
  );
  return runsOf(asked, jobs);
}
