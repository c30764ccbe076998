import {
  type CallOptions,
  type ListedObject,
  type ListOptions,
  type ObjectStore,
  ObjectStoreError,
} from '@openevolve-aws/object-store';
import type { StoreMethod } from '@openevolve-aws/object-store/testing';

const LISTED_AT_ONCE = 8;
/** How many arguments each method has before its options. */
const METHODS = {
  get: 1,
  getRange: 2,
  put: 2,
  putStream: 2,
  putIfAbsent: 2,
  size: 1,
  delete: 1,
  putTags: 2,
  getTags: 1,
} as const satisfies Partial<Record<StoreMethod, number>>;
const WRITES: ReadonlySet<StoreMethod> = new Set(['put', 'putStream', 'putIfAbsent', 'delete']);
const READS: ReadonlySet<StoreMethod> = new Set(['get', 'getRange']);

/**
 * What becomes of a call once its turn has come. `late`: the caller hears nothing, and the write is
 * applied some turns later. `part`: a deletion of which only some is applied. `truncate`: a read that
 * gives half. The `die` ones end the process as well.
 */
export type Verdict =
  | 'apply'
  | 'refuse'
  | 'lose-reply'
  | 'late'
  | 'part'
  | 'truncate'
  | 'die-before'
  | 'die-after'
  | 'die-late';

const VERDICTS: readonly (readonly [Verdict, number])[] = [
  ['refuse', 0.03],
  ['lose-reply', 0.05],
  ['late', 0.05],
  ['part', 0.05],
  ['truncate', 0.02],
  ['die-before', 0.01],
  ['die-after', 0.01],
  ['die-late', 0.015],
];

/** A call that waits for its turn. */
export interface WaitingCall {
  readonly process: number;
  readonly method: StoreMethod;
  readonly key: string;
  readonly answer: (verdict: Verdict) => void;
}

/** What lies between processes and the store. Calls wait in it until a schedule takes them. */
export class Network {
  readonly waiting: WaitingCall[] = [];
  /** Writes that nobody waits for any more. */
  readonly late: (() => Promise<unknown>)[] = [];
  readonly #store: ObjectStore;
  readonly #truncated = new Set<number>();

  constructor(store: ObjectStore) {
    this.#store = store;
  }

  /** Draws what becomes of a call. */
  draw({ process, method }: WaitingCall, random: () => number): Verdict {
    let left = random();
    const verdict = VERDICTS.find(([, probability]) => {
      left -= probability;
      return left < 0;
    })?.[0];
    if (!verdict) return 'apply';
    if (verdict.endsWith('late')) return WRITES.has(method) ? verdict : 'apply';
    if (verdict === 'part') return method === 'delete' ? 'part' : 'apply';
    if (verdict !== 'truncate') return verdict;
    // Twice would be damage.
    if (!READS.has(method) || this.#truncated.has(process)) return 'apply';
    this.#truncated.add(process);
    return 'truncate';
  }

  /** The store as a process sees it. */
  connect(process: number): ObjectStore {
    let dead = false;
    const lost = () => new ObjectStoreError('UNAVAILABLE', 'Injected.');
    const call = async <T>(
      method: StoreMethod,
      key: string,
      signal: AbortSignal | undefined,
      apply: () => Promise<T>,
      applyPart: () => Promise<unknown> = apply,
    ): Promise<T> => {
      if (dead) throw lost();
      // It may well find its key taken, and nobody hears of it.
      const applyLate = () => apply().catch(() => undefined);
      const verdict = await new Promise<Verdict>((answer, reject) => {
        const waiting = { process, method, key, answer };
        this.waiting.push(waiting);
        signal?.addEventListener('abort', () => {
          const at = this.waiting.indexOf(waiting);
          if (at === -1) return;
          this.waiting.splice(at, 1);
          if (WRITES.has(method)) this.late.push(applyLate);
          reject(new ObjectStoreError('ABORTED', 'Cut off by its caller.'));
        });
      });
      if (verdict.startsWith('die')) dead = true;
      if (verdict === 'late' || verdict === 'die-late') {
        this.late.push(applyLate);
        throw lost();
      }
      if (verdict === 'refuse' || verdict === 'die-before') throw lost();
      if (verdict === 'part') {
        await applyPart();
        throw lost();
      }
      const result = await apply();
      if (verdict === 'lose-reply' || verdict === 'die-after') throw lost();
      return verdict === 'truncate' ? (half(result) as T) : result;
    };

    const store = this.#store;
    async function* list(prefix: string, options?: ListOptions): AsyncGenerator<ListedObject> {
      let startAfter = options?.startAfter;
      for (;;) {
        const read = () => pageOf(store, prefix, startAfter);
        const page = await call('list', prefix, options?.signal, read);
        yield* page;
        if (page.length < LISTED_AT_ONCE) return;
        startAfter = page.at(-1)?.key;
      }
    }
    async function* getStream(key: string, options?: CallOptions): AsyncGenerator<Uint8Array> {
      yield await call('getStream', key, options?.signal, () => store.get(key));
    }
    const calls = Object.entries(METHODS).map(([name, count]) => {
      const method = name as keyof typeof METHODS;
      const run = store[method].bind(store) as (...args: unknown[]) => Promise<unknown>;
      const gated = (...args: unknown[]) => {
        const [target, ...rest] = args.slice(0, count) as [
          string | readonly string[],
          ...unknown[],
        ];
        const { signal } = (args[count] ?? {}) as CallOptions;
        const apply = () => run(target, ...rest);
        if (typeof target === 'string') return call(method, target, signal, apply);
        const some = target.filter((_, n) => n % 2 === 0);
        return call(method, target.join(' '), signal, apply, () => run(some));
      };
      return [method, gated];
    });
    return { ...Object.fromEntries(calls), list, getStream } as unknown as ObjectStore;
  }
}

async function pageOf(store: ObjectStore, prefix: string, startAfter: string | undefined) {
  const page: ListedObject[] = [];
  for await (const object of store.list(prefix, { startAfter })) {
    if (page.push(object) === LISTED_AT_ONCE) break;
  }
  return page;
}

function half(result: unknown): unknown {
  return result instanceof Uint8Array ? result.subarray(0, result.byteLength >> 1) : result;
}
