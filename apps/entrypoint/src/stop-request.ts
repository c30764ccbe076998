/** Why an attempt must end before its work is done, and what is to follow. */
export interface Stop {
  /** In words, for the log and the attempt record. */
  readonly reason: string;
  /** `GO_ON`: in another attempt. `STOPPED`: until someone resumes the job. */
  readonly exit: 'GO_ON' | 'STOPPED';
}

/**
 * Asked for at most once: the first reason counts. Whoever works in phases looks at it between
 * them; whoever waits is told at once.
 */
export class StopRequest {
  readonly #controller = new AbortController();

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** The stop that was asked for, or null. */
  get stop(): Stop | null {
    return this.#controller.signal.aborted ? (this.#controller.signal.reason as Stop) : null;
  }

  request(reason: string, exit: Stop['exit'] = 'GO_ON'): void {
    this.#controller.abort({ reason, exit } satisfies Stop);
  }
}
