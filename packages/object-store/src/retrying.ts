import { setTimeout as delay } from 'node:timers/promises';
import { ObjectStoreError, throwIfAborted } from './errors.ts';
import type { CallOptions, ObjectStore } from './object-store.ts';

export interface RetryOptions {
  /** Tries in all. */
  readonly attempts?: number;
  /** Milliseconds from the first try to the last moment a try may run. */
  readonly deadlineMs?: number;
  /** Upper bound of the first wait; it doubles with each try up to `maxDelayMs`. */
  readonly baseDelayMs?: number;
  readonly maxDelayMs?: number;
  /** From 0 up to 1, for the jitter. */
  readonly random?: () => number;
}

const DEFAULTS: Required<RetryOptions> = {
  attempts: 6,
  deadlineMs: 60_000,
  baseDelayMs: 50,
  maxDelayMs: 5_000,
  random: Math.random,
};

/**
 * A store that repeats a call while it fails with an error that is not permanent, with full jitter
 * (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/), up to a number of
 * tries and a deadline. What fails in the end is the last error.
 *
 * `putIfAbsent` is repeated too: after a lost reply the repetition finds the caller's own object
 * and ends with `ALREADY_EXISTS`, so it is safe only for callers that read the key on
 * `ALREADY_EXISTS` and recognise their own body. A list goes on after the last key that it gave. A
 * stream is repeated only until its first piece.
 *
 * @example
 * const store = retrying(await openStore(uri), { deadlineMs: 20_000 });
 */
export function retrying(store: ObjectStore, options: RetryOptions = {}): ObjectStore {
  const policy = { ...DEFAULTS, ...options };
  const call = <T>(
    what: string,
    callOptions: CallOptions | undefined,
    run: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> => new Attempts(policy, what, callOptions?.signal).run(run);

  return {
    get: (key, o) => call(key, o, (signal) => store.get(key, { signal })),
    getRange: (key, range, o) => call(key, o, (signal) => store.getRange(key, range, { signal })),
    async *getStream(key, o) {
      const stream = await call(key, o, async () => {
        const iterator = store.getStream(key, o)[Symbol.asyncIterator]();
        return { iterator, first: await iterator.next() };
      });
      try {
        for (let step = stream.first; !step.done; step = await stream.iterator.next()) {
          yield step.value;
        }
      } finally {
        await stream.iterator.return?.();
      }
    },
    put: (key, body, o) => call(key, o, (signal) => store.put(key, body, { signal })),
    putStream: (key, body, o) => call(key, o, (signal) => store.putStream(key, body, { signal })),
    putIfAbsent: (key, body, o) =>
      call(key, o, (signal) => store.putIfAbsent(key, body, { signal })),
    size: (key, o) => call(key, o, (signal) => store.size(key, { signal })),
    async *list(prefix, o = {}) {
      let startAfter = o.startAfter;
      const attempts = new Attempts(policy, prefix, o.signal);
      for (;;) {
        try {
          for await (const object of store.list(prefix, { startAfter, signal: o.signal })) {
            startAfter = object.key;
            attempts.restart();
            yield object;
          }
          return;
        } catch (error) {
          await attempts.wait(error);
        }
      }
    },
    delete: (keys, o) => call(keys[0] ?? '', o, (signal) => store.delete(keys, { signal })),
  };
}

/** The tries of one call: how many there were, and how long they may still take. */
class Attempts {
  readonly #policy: Required<RetryOptions>;
  readonly #what: string;
  readonly #signal: AbortSignal | undefined;
  #tried = 0;
  #ends: number;

  constructor(policy: Required<RetryOptions>, what: string, signal: AbortSignal | undefined) {
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

  async run<T>(attempt: (signal: AbortSignal) => Promise<T>): Promise<T> {
    for (;;) {
      const deadline = AbortSignal.timeout(Math.max(0, Math.ceil(this.#ends - performance.now())));
      const signal = this.#signal ? AbortSignal.any([this.#signal, deadline]) : deadline;
      try {
        return await attempt(signal);
      } catch (error) {
        await this.wait(this.#overdue(error, deadline));
      }
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

  /** An abort by our own deadline is the store's silence, not the caller's wish. */
  #overdue(error: unknown, deadline: AbortSignal): unknown {
    if (!deadline.aborted || this.#signal?.aborted) return error;
    return new ObjectStoreError(
      'UNAVAILABLE',
      `${this.#what}: the store gave no answer within ${this.#policy.deadlineMs} ms. Check the network and try again.`,
      { cause: error },
    );
  }
}
