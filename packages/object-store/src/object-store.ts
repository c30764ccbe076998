import type { StreamBody } from './body.ts';

/** What every call takes. An aborted call ends with `ABORTED`; a write may have been applied. */
export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
}

/** A part of an object, in bytes. It must lie inside the object. */
export interface ByteRange {
  readonly offset: number;
  readonly length: number;
}

export interface ListOptions extends CallOptions {
  /** Only keys after this one, which need not exist. */
  readonly startAfter?: string | undefined;
}

export interface ListedObject {
  readonly key: string;
  readonly bytes: number;
}

/** S3's limits: at most 10, keys of at most 128 characters, values of at most 256. */
export type ObjectTags = Readonly<Record<string, string>>;

/**
 * A flat map from keys to bytes: S3, or a folder.
 *
 * Keys are relative paths with single slashes: not empty, at most 1,024 bytes of UTF-8, no empty,
 * `.` or `..` part, no backslash and no control character. Any other key is refused with
 * `INVALID_KEY` before anything is done.
 *
 * Objects are whole or not there: no reader ever sees a part of a write, whenever the writer dies.
 * What a write acknowledged is durable, and every later read and list sees it.
 *
 * All failures are {@link ObjectStoreError}s. Only `UNAVAILABLE` may go away by itself. Calls may
 * run at the same time, in any number of processes.
 *
 * Ownership: a body that is passed in must not change until the call ends. A body that is returned
 * belongs to the caller.
 */
export interface ObjectStore {
  /**
   * A whole, small object.
   * @throws `NOT_FOUND`
   */
  get(key: string, options?: CallOptions): Promise<Uint8Array>;

  /**
   * Exactly `range.length` bytes.
   * @throws `NOT_FOUND`; `INVALID_RANGE` when the object is shorter.
   */
  getRange(key: string, range: ByteRange, options?: CallOptions): Promise<Uint8Array>;

  /**
   * A large object in pieces. Nothing happens until it is iterated, and that is where errors come
   * from; leaving the loop early lets go of the connection or file.
   * @throws `NOT_FOUND`
   */
  getStream(key: string, options?: CallOptions): AsyncIterable<Uint8Array>;

  /** Creates or replaces an object. Idempotent. Of two at the same time, either may stay. */
  put(key: string, body: Uint8Array, options?: CallOptions): Promise<void>;

  /**
   * Creates or replaces a large object. Idempotent. The body is opened anew for each try.
   * @throws `INVALID_BODY` when it yields another number of bytes than it declared; nothing is
   *   stored then.
   */
  putStream(key: string, body: StreamBody, options?: CallOptions): Promise<void>;

  /**
   * Creates an object if the key is free: of any number of callers exactly one succeeds.
   *
   * Not idempotent by itself: after a lost reply, a repetition finds the caller's own object. A
   * caller that repeats must read the key on `ALREADY_EXISTS` and tell its own body from others'.
   * @throws `ALREADY_EXISTS`
   */
  putIfAbsent(key: string, body: Uint8Array, options?: CallOptions): Promise<void>;

  /**
   * The size of an object in bytes.
   * @throws `NOT_FOUND`
   */
  size(key: string, options?: CallOptions): Promise<number>;

  /**
   * The objects whose key begins with `prefix` (any text, also half a name; empty for all), in the
   * order of their UTF-8 bytes. What is written or deleted meanwhile may or may not be seen.
   */
  list(prefix: string, options?: ListOptions): AsyncIterable<ListedObject>;

  /** Deletes objects. Idempotent: a missing object is fine. Cut off half way, a part is gone. */
  delete(keys: readonly string[], options?: CallOptions): Promise<void>;

  /**
   * Gives an object these tags in the place of all that it had. Idempotent. An object that is
   * written again has none.
   * @throws `NOT_FOUND`
   */
  putTags(key: string, tags: ObjectTags, options?: CallOptions): Promise<void>;

  /**
   * @throws `NOT_FOUND`
   */
  getTags(key: string, options?: CallOptions): Promise<ObjectTags>;
}
