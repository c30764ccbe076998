import { pause } from '../abort.ts';
import { type Backend, isTerminal } from '../backend.ts';
import { BatchClientError } from '../errors.ts';
import { describeJob, type JobView } from './describe-job.ts';

export interface WaitRequest {
  /** Told what is seen at each look. */
  readonly onLook?: ((view: JobView) => void) | undefined;
  /** Between two looks: 5 s on AWS and 0.5 s on this machine without it. */
  readonly lookMs?: number | undefined;
  /** How long it may be that the job cannot be looked at, in one piece. 10 minutes without it. */
  readonly outageMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** DescribeJobs is shared by the whole account; this machine is the user's own. */
const LOOK_MS = { aws: 5_000, local: 500 } as const;
const OUTAGE_MS = 10 * 60_000;

/**
 * Waits until a job has ended, across retries and outages of the network.
 *
 * @returns the job as it ended.
 * @throws {BatchClientError} `NOT_FOUND` for an unknown job, `ABORTED` by the signal; the job runs on.
 * @example
 * const { batch } = await waitForJob(backend, 'alice', 'a1b2c3d4');
 * process.exitCode = batch.status === 'SUCCEEDED' ? 0 : 1;
 */
export async function waitForJob(
  backend: Backend,
  owner: string,
  reference: string,
  { onLook, lookMs = LOOK_MS[backend.kind], outageMs = OUTAGE_MS, signal }: WaitRequest = {},
): Promise<JobView> {
  let lastSeen = performance.now();
  for (;;) {
    try {
      const view = await describeJob(backend, owner, reference, { signal });
      lastSeen = performance.now();
      onLook?.(view);
      if (isTerminal(view.batch.status)) {
        return view;
      }
    } catch (error) {
      if (!maySoonPass(error) || performance.now() - lastSeen > outageMs) {
        throw error;
      }
    }
    await pause(lookMs, signal);
  }
}

/** Errors of the store tell it too. */
function maySoonPass(error: unknown): boolean {
  return (
    error instanceof Error &&
    !(error instanceof BatchClientError && error.code === 'ABORTED') &&
    'permanent' in error &&
    error.permanent === false
  );
}
