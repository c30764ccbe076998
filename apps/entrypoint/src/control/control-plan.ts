import { type Control, type Job, limitsOf } from '@openevolve-aws/job-spec';
import type { Cap } from '@openevolve-aws/llm-gateway';

/** What the control requests so far amount to. */
export interface ControlPlan {
  /** Iterations in all that are asked for now. */
  readonly asked: number;
  /** What the job may spend now. */
  readonly cap: Cap;
  /** How long all attempts together may run now; null for no limit. */
  readonly timeoutSeconds: number | null;
  readonly stop: boolean;
  readonly commit: boolean;
  /** The number of the last request. */
  readonly controlled: number;
}

/**
 * Sums up control requests. The newest number of iterations, cap and time limit count for good; a
 * request to stop or to commit counts once.
 *
 * @param requests in the order of their numbers, from the first on.
 * @param job what it asks for itself.
 * @param after requests up to this number have been carried out, or were made before this
 *   submission.
 * @example
 * planControl([{ number: 1, request: { kind: 'extend', iterations: 200 } }], job, 0).asked; // 200
 */
export function planControl(
  requests: readonly Pick<Control, 'number' | 'request'>[],
  job: Pick<Job, 'iterations' | 'maxUsd' | 'maxTokens' | 'timeoutSeconds'>,
  after: number,
): ControlPlan {
  const { iterations, usd, tokens, timeoutSeconds } = limitsOf(
    job,
    requests.map(({ request }) => request),
  );
  const isAsked = (kind: Control['request']['kind']) =>
    requests.some(({ number, request }) => number > after && request.kind === kind);
  return {
    asked: iterations,
    cap: { usd, tokens },
    timeoutSeconds,
    stop: isAsked('stop'),
    commit: isAsked('commit'),
    controlled: Math.max(after, ...requests.map(({ number }) => number)),
  };
}
