/** How often things are written and looked at that nobody waits for, in milliseconds. */
export interface Pace {
  /** Between two writes of the progress document. */
  readonly progressMs: number;
  /** Between two looks for control requests. */
  readonly controlMs: number;
}

/**
 * Every look at a bucket is a request that is paid for; at a folder it only wakes the machine.
 *
 * @param prefix the job's output prefix.
 */
export function paceOf(prefix: string): Pace {
  return prefix.startsWith('file:')
    ? { progressMs: 2_000, controlMs: 2_000 }
    : { progressMs: 15_000, controlMs: 15_000 };
}
