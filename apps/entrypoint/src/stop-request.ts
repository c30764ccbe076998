import type { ContainerExitName } from '@openevolve-aws/job-spec';

/** Why an attempt must end before its work is done, and what is to follow. */
export interface Stop {
  /** In words, for the log and the attempt record. */
  readonly reason: string;
  /** `GO_ON`: in another attempt. Any other: until someone resumes the job. */
  readonly exit: Extract<
    ContainerExitName,
    'GO_ON' | 'STOPPED' | 'LLM_KEY_REFUSED' | 'LLM_UNAVAILABLE' | 'CAP_REACHED' | 'BAD_PROGRAM'
  >;
  /** How long running iterations may still take. */
  readonly graceSeconds: number;
}

/** A notice, a signal or a person waits. */
const SHORT_GRACE_SECONDS = 2;

/**
 * The first reason counts. Whoever works in phases looks at it between them; whoever waits is told at
 * once. A second request only says that there is less time than the first one gave.
 */
export class StopRequest {
  readonly #controller = new AbortController();
  readonly #hurry = new AbortController();

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Aborts when a stop with a long grace has to be a short one. */
  get hurry(): AbortSignal {
    return this.#hurry.signal;
  }

  /** The stop that was asked for, or null. */
  get stop(): Stop | null {
    return this.#controller.signal.aborted ? (this.#controller.signal.reason as Stop) : null;
  }

  request(reason: string, exit: Stop['exit'] = 'GO_ON', graceSeconds = SHORT_GRACE_SECONDS): void {
    if (this.stop) {
      this.#hurry.abort();
      return;
    }
    this.#controller.abort({ reason, exit, graceSeconds } satisfies Stop);
  }
}
