import { exactly, type StreamBody } from './body.ts';
import { ObjectStoreError, throwIfAborted } from './errors.ts';
import { checkKey, compareKeys } from './keys.ts';
import type {
  ByteRange,
  CallOptions,
  ListedObject,
  ListOptions,
  ObjectStore,
  ObjectTags,
} from './object-store.ts';
import { slice } from './range.ts';

/**
 * A store in memory, for tests and simulations. Durable as long as the process.
 *
 * @example
 * const store = new MemoryStore();
 * await store.put('a/b', new Uint8Array([1]));
 */
export class MemoryStore implements ObjectStore {
  readonly #objects = new Map<string, Uint8Array>();
  /** By the body that they were given to, so that another body at the key has none. */
  readonly #tags = new WeakMap<Uint8Array, ObjectTags>();

  async get(key: string, options?: CallOptions): Promise<Uint8Array> {
    return new Uint8Array(this.#find(key, options));
  }

  async getRange(key: string, range: ByteRange, options?: CallOptions): Promise<Uint8Array> {
    return new Uint8Array(slice(this.#find(key, options), range, key));
  }

  async *getStream(key: string, options?: CallOptions): AsyncGenerator<Uint8Array> {
    yield await this.get(key, options);
  }

  async put(key: string, body: Uint8Array, options?: CallOptions): Promise<void> {
    this.#begin(key, options);
    this.#objects.set(key, new Uint8Array(body));
  }

  async putStream(key: string, body: StreamBody, options?: CallOptions): Promise<void> {
    this.#begin(key, options);
    const chunks: Uint8Array[] = [];
    for await (const chunk of exactly(body, key)) {
      throwIfAborted(options?.signal, `Writing ${key}`);
      chunks.push(chunk);
    }
    this.#objects.set(key, new Uint8Array(Buffer.concat(chunks)));
  }

  async putIfAbsent(key: string, body: Uint8Array, options?: CallOptions): Promise<void> {
    this.#begin(key, options);
    if (this.#objects.has(key)) {
      throw new ObjectStoreError('ALREADY_EXISTS', `${key} exists already.`);
    }
    this.#objects.set(key, new Uint8Array(body));
  }

  async size(key: string, options?: CallOptions): Promise<number> {
    return this.#find(key, options).byteLength;
  }

  async *list(prefix: string, options?: ListOptions): AsyncGenerator<ListedObject> {
    const keys = [...this.#objects.keys()].filter((key) => key.startsWith(prefix));
    for (const key of keys.sort(compareKeys)) {
      throwIfAborted(options?.signal, `Listing ${prefix}`);
      const body = this.#objects.get(key);
      const after = options?.startAfter;
      if (body && (after === undefined || compareKeys(key, after) > 0)) {
        yield { key, bytes: body.byteLength };
      }
    }
  }

  async delete(keys: readonly string[], options?: CallOptions): Promise<void> {
    for (const key of keys) checkKey(key);
    for (const key of keys) {
      this.#begin(key, options);
      this.#objects.delete(key);
    }
  }

  async putTags(key: string, tags: ObjectTags, options?: CallOptions): Promise<void> {
    this.#tags.set(this.#find(key, options), { ...tags });
  }

  async getTags(key: string, options?: CallOptions): Promise<ObjectTags> {
    return { ...this.#tags.get(this.#find(key, options)) };
  }

  #begin(key: string, options: CallOptions | undefined): void {
    checkKey(key);
    throwIfAborted(options?.signal, key);
  }

  #find(key: string, options: CallOptions | undefined): Uint8Array {
    this.#begin(key, options);
    const body = this.#objects.get(key);
    if (!body) throw new ObjectStoreError('NOT_FOUND', `${key} does not exist.`);
    return body;
  }
}
