import { ObjectStoreError } from '../errors.ts';
import type { CallOptions, ObjectStore } from '../object-store.ts';

export type StoreMethod = keyof ObjectStore;

/** One call as the plan sees it. `index` counts all calls of the store, from 0. */
export interface StoreCall {
  readonly index: number;
  readonly method: StoreMethod;
  readonly key: string;
}

/**
 * What goes wrong with one call.
 * - `refuse`: it fails and was not applied.
 * - `lose-reply`: it was applied and fails.
 * - `die-before`, `die-after`: so too, and every later call fails as well: the process is gone.
 * - `truncate`: a read gives only the first half of the body.
 * - a promise: the call waits for it, then runs.
 */
export type Fault =
  | 'refuse'
  | 'lose-reply'
  | 'die-before'
  | 'die-after'
  | 'truncate'
  | Promise<void>;

/** Decides what goes wrong with a call; null for nothing. */
export type FaultPlan = (call: StoreCall) => Fault | null;

/**
 * A store whose calls fail as a plan says. All that was called is in `calls`.
 *
 * @example
 * const store = new FaultStore(new MemoryStore(), ({ method }) =>
 *   method === 'putIfAbsent' ? 'lose-reply' : null,
 * );
 */
export class FaultStore implements ObjectStore {
  readonly calls: StoreCall[] = [];
  plan: FaultPlan;
  readonly #store: ObjectStore;
  #dead = false;

  constructor(store: ObjectStore, plan: FaultPlan = () => null) {
    this.#store = store;
    this.plan = plan;
  }

  get: ObjectStore['get'] = (key, options) =>
    this.#call('get', key, () => this.#store.get(key, options), half);

  getRange: ObjectStore['getRange'] = (key, range, options) =>
    this.#call('getRange', key, () => this.#store.getRange(key, range, options), half);

  async *getStream(key: string, options?: CallOptions): AsyncGenerator<Uint8Array> {
    yield* await this.#call('getStream', key, async () => this.#store.getStream(key, options));
  }

  put: ObjectStore['put'] = (key, body, options) =>
    this.#call('put', key, () => this.#store.put(key, body, options));

  putStream: ObjectStore['putStream'] = (key, body, options) =>
    this.#call('putStream', key, () => this.#store.putStream(key, body, options));

  putIfAbsent: ObjectStore['putIfAbsent'] = (key, body, options) =>
    this.#call('putIfAbsent', key, () => this.#store.putIfAbsent(key, body, options));

  size: ObjectStore['size'] = (key, options) =>
    this.#call('size', key, () => this.#store.size(key, options));

  list: ObjectStore['list'] = (prefix, options) => this.#list(prefix, options);

  delete: ObjectStore['delete'] = (keys, options) =>
    this.#call('delete', keys[0] ?? '', () => this.#store.delete(keys, options));

  putTags: ObjectStore['putTags'] = (key, tags, options) =>
    this.#call('putTags', key, () => this.#store.putTags(key, tags, options));

  getTags: ObjectStore['getTags'] = (key, options) =>
    this.#call('getTags', key, () => this.#store.getTags(key, options));

  async *#list(...args: Parameters<ObjectStore['list']>): ReturnType<ObjectStore['list']> {
    yield* await this.#call('list', args[0], async () => this.#store.list(...args));
  }

  async #call<T>(
    method: StoreMethod,
    key: string,
    run: () => Promise<T>,
    truncate?: (result: T) => T,
  ): Promise<T> {
    const call = { index: this.calls.length, method, key };
    this.calls.push(call);
    if (this.#dead) throw lost(call);
    const fault = this.plan(call);
    if (fault instanceof Promise) await fault;
    if (fault === 'die-before' || fault === 'die-after') this.#dead = true;
    if (fault === 'refuse' || fault === 'die-before') throw lost(call);
    const result = await run();
    if (fault === 'lose-reply' || fault === 'die-after') throw lost(call);
    return fault === 'truncate' && truncate ? truncate(result) : result;
  }
}

function half(body: Uint8Array): Uint8Array {
  return body.subarray(0, Math.floor(body.byteLength / 2));
}

function lost({ method, key, index }: StoreCall): ObjectStoreError {
  return new ObjectStoreError('UNAVAILABLE', `Injected: ${method} ${key}, call ${index}.`);
}

/**
 * A plan that refuses calls and loses replies at random, each with half of a probability.
 *
 * @param random as from `seededRandom`.
 * @example
 * new FaultStore(store, randomFaults(seededRandom(seed), 0.2));
 */
export function randomFaults(random: () => number, probability: number): FaultPlan {
  return () => {
    const draw = random();
    if (draw < probability / 2) return 'refuse';
    return draw < probability ? 'lose-reply' : null;
  };
}
