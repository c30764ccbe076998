import { setTimeout as delay } from 'node:timers/promises';
import { ObjectStoreError, throwIfAborted } from './errors.ts';

export interface AttemptPolicy {
  /** Tries in all. */
  readonly attempts: number;
  /** Milliseconds from the first try to the last moment at which another may begin. */
  readonly deadlineMs: number;
  /** Upper bound of the first wait; it doubles with each try up to `maxDelayMs`. */
  readonly baseDelayMs: number;
  readonly maxDelayMs: number;
  /** From 0 up to 1, for the jitter. */
  readonly random: () => number;
}

/** The tries of one call: how many there were, and how long they may still take. */
export class Attempts {
  readonly #policy: AttemptPolicy;
  readonly #what: string;
  readonly #signal: AbortSignal | undefined;
  #tried = 0;
  #ends: number;

  constructor(policy: AttemptPolicy, what: string, signal: AbortSignal | undefined) {
    this.#policy = policy;
    this.#what = what;
    this.#signal = signal;
    this.#ends = performance.now() + policy.deadlineMs;
  }

  /** Progress was made, so the count and the deadline begin anew. */
  restart(): void {
    this.#tried = 0;
    this.#ends = performance.now() + this.#policy.deadlineMs;
  }

  /** Runs until it succeeds, or gives the last error. */
  async run<T>(attempt: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await attempt();
      } catch (error) {
        await this.wait(error);
      }
    }
  }

  /**
   * As {@link run}, but a try that gives no answer within `tryMs`, or by the deadline, is cut off
   * and counts as failed.
   */
  runTimed<T>(tryMs: number, attempt: (signal: AbortSignal) => Promise<T>): Promise<T> {
    return this.run(async () => {
      const patience = this.#patience(tryMs);
      try {
        return await attempt(patience.signal);
      } catch (error) {
        throw patience.explain(error);
      } finally {
        patience.end();
      }
    });
  }

  /** One try of something that comes in steps, cut off when one of them takes longer than `tryMs`. */
  async *stepsTimed<T>(
    tryMs: number,
    attempt: (signal: AbortSignal) => AsyncIterable<T>,
  ): AsyncGenerator<T> {
    const patience = this.#patience(tryMs);
    try {
      for await (const step of attempt(patience.signal)) {
        // What the caller does with it is not the store's delay.
        patience.end();
        yield step;
        patience.begin();
      }
    } catch (error) {
      throw patience.explain(error);
    } finally {
      patience.end();
    }
  }

  /** Waits before the next try, or throws the error when there is none. */
  async wait(error: unknown): Promise<void> {
    throwIfAborted(this.#signal, this.#what);
    if (!(error instanceof ObjectStoreError) || error.permanent) throw error;
    const { attempts, baseDelayMs, maxDelayMs, random } = this.#policy;
    const bound = Math.min(maxDelayMs, baseDelayMs * 2 ** this.#tried);
    const waitMs = random() * bound;
    this.#tried += 1;
    if (this.#tried >= attempts || performance.now() + waitMs >= this.#ends) throw error;
    await delay(waitMs, undefined, { signal: this.#signal }).catch(() =>
      throwIfAborted(this.#signal, this.#what),
    );
  }

  #patience(tryMs: number): Patience {
    const leftMs = Math.min(tryMs, Math.max(0, this.#ends - performance.now()));
    return new Patience(this.#what, Math.ceil(leftMs), this.#signal);
  }
}

/** How long the store may be silent. */
class Patience {
  /** Fires when it is over, or when the caller cancels. */
  readonly signal: AbortSignal;
  readonly #what: string;
  readonly #ms: number;
  readonly #caller: AbortSignal | undefined;
  readonly #over = new AbortController();
  #timer: NodeJS.Timeout | undefined;

  constructor(what: string, ms: number, caller: AbortSignal | undefined) {
    this.#what = what;
    this.#ms = ms;
    this.#caller = caller;
    this.signal = caller ? AbortSignal.any([caller, this.#over.signal]) : this.#over.signal;
    this.begin();
  }

  begin(): void {
    this.#timer = setTimeout(() => this.#over.abort(), this.#ms);
  }

  end(): void {
    clearTimeout(this.#timer);
  }

  /** An abort of our own is the store's silence, not the caller's wish. */
  explain(error: unknown): unknown {
    if (!this.#over.signal.aborted || this.#caller?.aborted) return error;
    return new ObjectStoreError(
      'UNAVAILABLE',
      `${this.#what}: the store gave no answer within ${this.#ms} ms. Check the network and try again.`,
      { cause: error },
    );
  }
}
