import { MAX_ATTEMPTS } from '../limits.ts';
import { containerExit, type RetryAction } from './container-exit-codes.ts';

/** One rule in the form of AWS Batch's `evaluateOnExit`. */
export interface RetryRule {
  readonly onExitCode?: string;
  readonly onStatusReason?: string;
  readonly action: RetryAction;
}

/** How one attempt ended, in AWS Batch's terms. */
export interface AttemptEnd {
  readonly exitCode?: number | undefined;
  readonly statusReason?: string | undefined;
}

/**
 * The retry rules, first match wins. There is no catch-all on purpose: what matches nothing is
 * retried, so killed containers, lost hosts and failed image pulls go on, bounded by the attempts.
 * AWS Batch allows five rules and globs with a trailing `*` only:
 * https://docs.aws.amazon.com/batch/latest/APIReference/API_EvaluateOnExit.html
 */
export const retryRules: readonly RetryRule[] = [
  { onExitCode: String(containerExit.GO_ON), action: 'RETRY' },
  { onStatusReason: 'Host EC2*', action: 'RETRY' },
  { onExitCode: '6*', action: 'EXIT' },
  { onExitCode: '7*', action: 'EXIT' },
  { onExitCode: '1', action: 'EXIT' },
];

function matchesGlob(glob: string, value: string): boolean {
  return glob.endsWith('*')
    ? value.toLowerCase().startsWith(glob.slice(0, -1).toLowerCase())
    : value.toLowerCase() === glob.toLowerCase();
}

function matches(rule: RetryRule, end: AttemptEnd): boolean {
  const codeHolds =
    rule.onExitCode === undefined ||
    (end.exitCode !== undefined && matchesGlob(rule.onExitCode, String(end.exitCode)));
  const reasonHolds =
    rule.onStatusReason === undefined ||
    (end.statusReason !== undefined && matchesGlob(rule.onStatusReason, end.statusReason));
  return codeHolds && reasonHolds;
}

/**
 * What happens after a failed attempt.
 *
 * @param attempt the number of the attempt that ended, from 1.
 * @example
 * decideRetry({ exitCode: 75 }, 1); // 'RETRY'
 * decideRetry({ exitCode: 65 }, 1); // 'EXIT'
 * decideRetry({ exitCode: 137 }, 10); // 'EXIT': no attempt is left
 */
export function decideRetry(
  end: AttemptEnd,
  attempt: number,
  maxAttempts = MAX_ATTEMPTS,
): RetryAction {
  if (attempt >= maxAttempts) {
    return 'EXIT';
  }
  return retryRules.find((rule) => matches(rule, end))?.action ?? 'RETRY';
}
