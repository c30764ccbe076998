import { pause } from '../abort.ts';
import { type Backend, type BatchJob, isTerminal } from '../backend.ts';
import { BatchClientError } from '../errors.ts';
import { storeControl } from './control-job.ts';
import { findRun } from './find-run.ts';
import { withSignal } from './with-signal.ts';

export interface CancelRequest {
  /** End it at once: a running attempt has what its machine grants after SIGTERM, to save. */
  readonly now?: boolean | undefined;
  /**
   * How long a running attempt may take to save and end by itself before it gets SIGTERM. By default
   * 30 s on AWS, where SIGKILL follows SIGTERM soon, and none on this machine, which grants all the
   * time that saving takes.
   */
  readonly graceSeconds?: number | undefined;
  /** Told when the running attempt has been asked to save. */
  readonly onSaving?: ((graceSeconds: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

const AWS_GRACE_SECONDS = 30;
const LOOK_MS = 2_000;

/**
 * Ends a job in whatever state it is. A running attempt saves what is finished first.
 *
 * The request to stop is stored before anything else, so it holds even when the caller dies: the
 * attempt ends by itself, and so does any later one.
 *
 * @returns the job as it was when the end was asked for.
 * @throws {BatchClientError} `CONFLICT` when it has ended already.
 * @example
 * await cancelJob(backend, 'alice', 'a1b2c3d4');
 */
export async function cancelJob(
  backend: Backend,
  owner: string,
  reference: string,
  request: CancelRequest = {},
): Promise<BatchJob> {
  const { signal } = request;
  const asked = withSignal(backend, signal);
  const run = await findRun(asked, owner, reference);
  const { job, batch } = run;
  if (isTerminal(batch.status)) {
    throw new BatchClientError(
      'CONFLICT',
      `Job ${job.id} has ended already (${batch.status}); there is nothing to cancel.`,
    );
  }
  if (batch.batchJobId === null) {
    // It is being handed over: its first attempt finds the request, and ends.
    await storeControl(asked, job, { kind: 'stop' });
    return batch;
  }
  const { batchJobId } = batch;
  const defaultGrace = backend.kind === 'aws' ? AWS_GRACE_SECONDS : 0;
  const graceSeconds = request.now ? 0 : (request.graceSeconds ?? defaultGrace);
  if (batch.status === 'RUNNING' && graceSeconds > 0) {
    await storeControl(asked, job, { kind: 'stop' });
    request.onSaving?.(graceSeconds);
    if (await endsWithin(asked, batchJobId, graceSeconds * 1_000, signal)) {
      return batch;
    }
  }
  await asked.terminate(batchJobId, `Cancelled by ${owner}`);
  return batch;
}

async function endsWithin(
  backend: Backend,
  batchJobId: string,
  milliseconds: number,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const end = performance.now() + milliseconds;
  for (;;) {
    const [job] = await backend.describe([batchJobId]);
    if (job && isTerminal(job.status)) {
      return true;
    }
    const left = end - performance.now();
    if (left <= 0) {
      return false;
    }
    await pause(Math.min(LOOK_MS, left), signal);
  }
}
