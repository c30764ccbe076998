import type { Control, Job } from '@openevolve-aws/job-spec';
import type { Cap } from '@openevolve-aws/llm-gateway';

/** What the control requests so far amount to. */
export interface ControlPlan {
  /** Iterations in all that are asked for now. */
  readonly asked: number;
  /** What the job may spend now. */
  readonly cap: Cap;
  readonly stop: boolean;
  readonly commit: boolean;
  /** The number of the last request. */
  readonly controlled: number;
}

/**
 * Sums up control requests. The newest number of iterations and the newest cap count for good; a
 * request to stop or to commit counts once.
 *
 * @param requests in the order of their numbers, from the first on.
 * @param job what it asks for itself.
 * @param after requests up to this number have been carried out, or were made before this
 *   submission.
 * @example
 * planControl([{ number: 1, request: { kind: 'extend', iterations: 200 } }], { iterations: 100 }, 0);
 * // { asked: 200, cap: { usd: null, tokens: null }, stop: false, commit: false, controlled: 1 }
 */
export function planControl(
  requests: readonly Pick<Control, 'number' | 'request'>[],
  job: Pick<Job, 'iterations' | 'maxUsd' | 'maxTokens'>,
  after: number,
): ControlPlan {
  let plan: ControlPlan = {
    asked: job.iterations,
    cap: { usd: job.maxUsd ?? null, tokens: job.maxTokens ?? null },
    stop: false,
    commit: false,
    controlled: after,
  };
  for (const { number, request } of requests) {
    const isNew = number > after;
    plan = {
      asked: request.kind === 'extend' ? request.iterations : plan.asked,
      cap:
        request.kind === 'cap'
          ? { usd: request.usd ?? plan.cap.usd, tokens: request.tokens ?? plan.cap.tokens }
          : plan.cap,
      stop: plan.stop || (isNew && request.kind === 'stop'),
      commit: plan.commit || (isNew && request.kind === 'commit'),
      controlled: Math.max(plan.controlled, number),
    };
  }
  return plan;
}
