import { checkKey } from './keys.ts';
import type { ObjectStore } from './object-store.ts';

/**
 * A view of the objects under a prefix, with keys relative to it. Nothing outside can be reached,
 * since no key has a `..` part.
 *
 * @param prefix a key, without a slash at the end.
 * @throws {ObjectStoreError} `INVALID_KEY` when the prefix is no key.
 * @example
 * const output = prefixed(store, 'users/ana/0123abcd/output');
 * await output.get('progress.json');
 */
export function prefixed(store: ObjectStore, prefix: string): ObjectStore {
  checkKey(prefix);
  const base = `${prefix}/`;
  const full = (key: string): string => {
    checkKey(key);
    return base + key;
  };
  return {
    get: async (key, options) => store.get(full(key), options),
    getRange: async (key, range, options) => store.getRange(full(key), range, options),
    async *getStream(key, options) {
      yield* store.getStream(full(key), options);
    },
    put: async (key, body, options) => store.put(full(key), body, options),
    putStream: async (key, body, options) => store.putStream(full(key), body, options),
    putIfAbsent: async (key, body, options) => store.putIfAbsent(full(key), body, options),
    size: async (key, options) => store.size(full(key), options),
    async *list(within, options = {}) {
      const { startAfter, signal } = options;
      const after = startAfter === undefined ? undefined : base + startAfter;
      for await (const { key, bytes } of store.list(base + within, { startAfter: after, signal })) {
        yield { key: key.slice(base.length), bytes };
      }
    },
    putTags: async (key, tags, options) => store.putTags(full(key), tags, options),
    getTags: async (key, options) => store.getTags(full(key), options),
    delete: async (keys, options) => store.delete(keys.map(full), options),
  };
}
