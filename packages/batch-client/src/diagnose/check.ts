import { JobSpecError } from '@openevolve-aws/job-spec';
import { ObjectStoreError } from '@openevolve-aws/object-store';
import { S3LayoutError } from '@openevolve-aws/s3-layout';
import { BatchClientError } from '../errors.ts';

export type CheckName =
  | 'credentials'
  | 'clock'
  | 'settings'
  | 'owner'
  | 'input bucket'
  | 'output bucket'
  | 'queue'
  | 'compute environments'
  | 'job definition'
  | 'image'
  | 'secret'
  | 'Spot quota'
  | 'alerts';

/** One thing that was looked at. */
export interface Check {
  readonly name: CheckName;
  /**
   * `warning`: jobs run, and something should be done; `problem`: they do not; `unknown`: these
   * credentials may not look, or there is nothing to look at.
   */
  readonly result: 'ok' | 'warning' | 'problem' | 'unknown';
  /** What was seen, in a sentence. */
  readonly detail: string;
  /** What to do; null when nothing is to be done. */
  readonly fix: string | null;
}

export const ok = (name: CheckName, detail: string): Check => ({
  name,
  result: 'ok',
  detail,
  fix: null,
});
export const warning = (name: CheckName, detail: string, fix: string): Check => ({
  name,
  result: 'warning',
  detail,
  fix,
});
export const problem = (name: CheckName, detail: string, fix: string): Check => ({
  name,
  result: 'problem',
  detail,
  fix,
});
export const unknown = (name: CheckName, detail: string): Check => ({
  name,
  result: 'unknown',
  detail,
  fix: null,
});

/**
 * A check whose failure is its result: not allowed to look is no finding, all else that the caller
 * can mend is.
 */
export async function attempt(name: CheckName, look: () => Promise<Check>): Promise<Check> {
  try {
    return await look();
  } catch (error) {
    if (!isOurs(error)) {
      throw error;
    }
    if (error.code === 'ACCESS_DENIED') {
      return unknown(name, error.message);
    }
    const [detail = '', ...rest] = error.message.split(/: (?=[^:]*$)/);
    return rest.length > 0
      ? problem(name, detail, rest.join(': '))
      : problem(name, detail, 'Mend it and look again.');
  }
}

/** A check of something without which jobs run all the same. */
export async function attemptAside(name: CheckName, look: () => Promise<Check>): Promise<Check> {
  const check = await attempt(name, look);
  return check.result === 'problem' ? { ...check, result: 'warning' } : check;
}

function isOurs(error: unknown): error is Error & { code: string } {
  return [BatchClientError, ObjectStoreError, JobSpecError, S3LayoutError].some(
    (known) => error instanceof known,
  );
}
