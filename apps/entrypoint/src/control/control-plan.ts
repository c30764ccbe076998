import type { Control } from '@openevolve-aws/job-spec';

/** What the control requests so far amount to. */
export interface ControlPlan {
  /** Iterations in all that are asked for now. */
  readonly asked: number;
  readonly stop: boolean;
  readonly commit: boolean;
  /** The number of the last request. */
  readonly controlled: number;
}

/**
 * Sums up control requests. The newest number of iterations counts for good; a request to stop or
 * to commit counts once.
 *
 * @param requests in the order of their numbers, from the first on.
 * @param asked what the job itself asks for.
 * @param after requests up to this number have been carried out, or were made before this
 *   submission.
 * @example
 * planControl([{ number: 1, request: { kind: 'extend', iterations: 200 } }], 100, 0);
 * // { asked: 200, stop: false, commit: false, controlled: 1 }
 */
export function planControl(
  requests: readonly Pick<Control, 'number' | 'request'>[],
  asked: number,
  after: number,
): ControlPlan {
  let plan: ControlPlan = { asked, stop: false, commit: false, controlled: after };
  for (const { number, request } of requests) {
    const isNew = number > after;
    plan = {
      asked: request.kind === 'extend' ? request.iterations : plan.asked,
      stop: plan.stop || (isNew && request.kind === 'stop'),
      commit: plan.commit || (isNew && request.kind === 'commit'),
      controlled: Math.max(plan.controlled, number),
    };
  }
  return plan;
}
