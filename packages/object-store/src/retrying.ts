import { type AttemptPolicy, Attempts } from './attempts.ts';
import type { CallOptions, ObjectStore } from './object-store.ts';

export interface RetryOptions extends Partial<AttemptPolicy> {
  /**
   * Milliseconds after which a try without an answer, or without the next piece of it, is cut off;
   * the next one may do better. A body of known length has a second more for each 4 KiB.
   */
  readonly tryMs?: number;
}

const DEFAULTS: Required<RetryOptions> = {
  attempts: 6,
  tryMs: 20_000,
  deadlineMs: 60_000,
  baseDelayMs: 50,
  maxDelayMs: 5_000,
  random: Math.random,
};

/**
 * What a call makes of a slow line at least, when dozens of calls share it. A try that was cut off
 * while its body arrived would be cut off at the same place again.
 */
const SLOWEST_BYTES_PER_MS = 4;

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
 * Bodies of any length take as long as they need. `put`, `putIfAbsent` and `getRange` have a second
 * for each 4 KiB of theirs on top of `tryMs` and `deadlineMs`. Neither holds for `putStream`, only the
 * number of tries. An adapter ends a transfer that makes no progress itself.
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
    bytes = 0,
  ): Promise<T> => {
    const transferMs = bytes / SLOWEST_BYTES_PER_MS;
    const timed = { ...policy, deadlineMs: policy.deadlineMs + transferMs };
    const attempts = new Attempts(timed, what, callOptions?.signal);
    return attempts.runTimed(policy.tryMs + transferMs, run);
  };

  return {
    get: (key, o) => call(key, o, (signal) => store.get(key, { signal })),
    getRange: (key, range, o) =>
      call(key, o, (signal) => store.getRange(key, range, { signal }), range.length),
    async *getStream(key, o) {
      const attempts = new Attempts(policy, key, o?.signal);
      const stream = await attempts.run(async () => {
        const iterator = attempts.stepsTimed(policy.tryMs, (signal) =>
          store.getStream(key, { signal }),
        );
        return { iterator, first: await iterator.next() };
      });
      try {
        for (let step = stream.first; !step.done; step = await stream.iterator.next()) {
          yield step.value;
        }
      } finally {
        await stream.iterator.return(undefined);
      }
    },
    put: (key, body, o) =>
      call(key, o, (signal) => store.put(key, body, { signal }), body.byteLength),
    putStream: (key, body, o) =>
      new Attempts({ ...policy, deadlineMs: Number.POSITIVE_INFINITY }, key, o?.signal).run(() =>
        store.putStream(key, body, o),
      ),
    putIfAbsent: (key, body, o) =>
      call(key, o, (signal) => store.putIfAbsent(key, body, { signal }), body.byteLength),
    size: (key, o) => call(key, o, (signal) => store.size(key, { signal })),
    async *list(prefix, o = {}) {
      let startAfter = o.startAfter;
      const attempts = new Attempts(policy, prefix, o.signal);
      for (;;) {
        try {
          const objects = attempts.stepsTimed(policy.tryMs, (signal) =>
            store.list(prefix, { startAfter, signal }),
          );
          for await (const object of objects) {
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
    putTags: (key, tags, o) => call(key, o, (signal) => store.putTags(key, tags, { signal })),
    getTags: (key, o) => call(key, o, (signal) => store.getTags(key, { signal })),
  };
}
