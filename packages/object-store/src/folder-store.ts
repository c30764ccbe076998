import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import {
  type FileHandle,
  link,
  lstat,
  open,
  readdir,
  readFile,
  realpath,
  rename,
  stat,
  unlink,
} from 'node:fs/promises';
import { dirname, join, resolve, sep } from 'node:path';
import { flushFolder, makeFolders, writeFlushed } from './atomic-file.ts';
import { exactly, type StreamBody } from './body.ts';
import { ObjectStoreError, throwIfAborted } from './errors.ts';
import { isInternal, TEMPORARY } from './folder-areas.ts';
import { folderError, isErrno } from './folder-errors.ts';
import { walk } from './folder-listing.ts';
import { decodeTags, encodeTags, tagsPath } from './folder-tags.ts';
import { checkKey, isKey } from './keys.ts';
import type {
  ByteRange,
  CallOptions,
  ListedObject,
  ListOptions,
  ObjectStore,
  ObjectTags,
} from './object-store.ts';
import { checkRange, tooShort } from './range.ts';

/** A writer that is alive renews its file's time long before this. */
const LEFTOVER_AGE_MS = 24 * 60 * 60 * 1000;
const STREAM_CHUNK_BYTES = 256 * 1024;
/** Never waits for the other end of a pipe that somebody put there. */
const READ_FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/**
 * A folder as a store. Each object is a plain file at its key.
 *
 * A write goes to a temporary file, is flushed, and is then renamed (or linked, for
 * `putIfAbsent`), and the directories are flushed too: it survives a power cut once acknowledged.
 * Tags lie in `.object-store-tags` and belong to one file, so that a copy of the folder has none.
 * Links are never followed below the root. The folder is made on the first write.
 *
 * Limits that S3 does not have: `a` and `a/b` cannot both exist, a part of a key has at most 255
 * bytes, and the file system must have hard links. Empty folders are left behind by `delete`.
 *
 * @example
 * const store = new FolderStore('/var/lib/openevolve/store');
 * await store.put('users/ana/note.txt', new TextEncoder().encode('hello'));
 */
export class FolderStore implements ObjectStore {
  readonly root: string;
  /** Folders that are known to exist and to be flushed up to the root. */
  readonly #durable = new Set<string>();
  #prepared: Promise<void> | undefined;

  constructor(root: string) {
    this.root = resolve(root);
  }

  async get(key: string, options?: CallOptions): Promise<Uint8Array> {
    return this.#read(key, options, async (file) => {
      const body = await file.readFile({ signal: options?.signal });
      return new Uint8Array(body.buffer, body.byteOffset, body.byteLength);
    });
  }

  async getRange(key: string, range: ByteRange, options?: CallOptions): Promise<Uint8Array> {
    checkRange(range, key);
    return this.#read(key, options, async (file) => {
      if (range.offset + range.length > (await file.stat()).size) throw tooShort(range, key);
      const body = new Uint8Array(range.length);
      let filled = 0;
      while (filled < range.length) {
        throwIfAborted(options?.signal, `Reading ${key}`);
        const left = range.length - filled;
        const { bytesRead } = await file.read(body, filled, left, range.offset + filled);
        if (bytesRead === 0) throw tooShort(range, key);
        filled += bytesRead;
      }
      return body;
    });
  }

  async *getStream(key: string, options?: CallOptions): AsyncGenerator<Uint8Array> {
    const file = await this.#open(key, options);
    try {
      for (;;) {
        throwIfAborted(options?.signal, `Reading ${key}`);
        const chunk = new Uint8Array(STREAM_CHUNK_BYTES);
        const { bytesRead } = await file.read(chunk, 0, chunk.byteLength, null);
        if (bytesRead === 0) return;
        yield chunk.subarray(0, bytesRead);
      }
    } catch (error) {
      throw folderError(error, key);
    } finally {
      await file.close();
    }
  }

  async put(key: string, body: Uint8Array, options?: CallOptions): Promise<void> {
    this.#checkKey(key);
    await this.#write(key, [body], rename, options);
  }

  async putStream(key: string, body: StreamBody, options?: CallOptions): Promise<void> {
    this.#checkKey(key);
    await this.#write(key, exactly(body, key), rename, options);
  }

  async putIfAbsent(key: string, body: Uint8Array, options?: CallOptions): Promise<void> {
    this.#checkKey(key);
    await this.#write(key, [body], linkNew, options);
  }

  async size(key: string, options?: CallOptions): Promise<number> {
    return this.#read(key, options, async (file) => (await file.stat()).size);
  }

  async *list(prefix: string, options?: ListOptions): AsyncGenerator<ListedObject> {
    const slash = prefix.lastIndexOf('/');
    const folder = prefix.slice(0, slash + 1);
    if (slash >= 0) {
      const path = prefix.slice(0, slash);
      if (!isKey(path) || isInternal(path) || !(await this.#isPlainFolder(folder))) return;
    }
    yield* walk(this.root, folder, prefix, options);
  }

  async delete(keys: readonly string[], options?: CallOptions): Promise<void> {
    for (const key of keys) this.#checkKey(key);
    const folders = new Set<string>();
    for (const key of keys) {
      throwIfAborted(options?.signal, `Deleting ${key}`);
      try {
        const folder = await this.#plainFolder(key);
        await unlink(join(this.root, key));
        folders.add(folder);
        await this.#removeTags(key).catch(ignoreMissing);
      } catch (error) {
        const failure = folderError(error, key);
        if (failure.code !== 'NOT_FOUND') throw failure;
      }
    }
    for (const folder of folders) await flushFolder(folder);
  }

  async putTags(key: string, tags: ObjectTags, options?: CallOptions): Promise<void> {
    const file = await this.#read(key, options, (handle) => handle.stat({ bigint: true }));
    await this.#write(tagsPath(key), [encodeTags(tags, file)], rename, options);
  }

  async getTags(key: string, options?: CallOptions): Promise<ObjectTags> {
    return this.#read(key, options, async (handle) => {
      const file = await handle.stat({ bigint: true });
      const document = await this.#readTags(key).catch((error: unknown) => {
        if (isErrno(error, 'ENOENT')) return null;
        throw error;
      });
      return document === null ? {} : decodeTags(document, file);
    });
  }

  async #readTags(key: string): Promise<string> {
    await this.#plainFolder(tagsPath(key));
    return readFile(join(this.root, tagsPath(key)), { encoding: 'utf8', flag: READ_FLAGS });
  }

  async #removeTags(key: string): Promise<void> {
    await this.#plainFolder(tagsPath(key));
    await unlink(join(this.root, tagsPath(key)));
  }

  async #write(
    key: string,
    chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
    publish: (from: string, to: string) => Promise<void>,
    options: CallOptions | undefined,
  ): Promise<void> {
    throwIfAborted(options?.signal, `Writing ${key}`);
    try {
      await this.#prepare();
      const target = join(this.root, key);
      await this.#makeFolder(dirname(target));
      const temporary = join(this.root, TEMPORARY, randomUUID());
      try {
        await writeFlushed(temporary, chunks, () =>
          throwIfAborted(options?.signal, `Writing ${key}`),
        );
        await publish(temporary, target);
        await flushFolder(dirname(target));
      } finally {
        await unlink(temporary).catch(ignoreMissing);
      }
    } catch (error) {
      throw isErrno(error, 'ENOENT') ? this.#removed(error, key) : folderError(error, key);
    }
  }

  /** Somebody removed our folders under us; they are made again on the next try. */
  #removed(cause: unknown, key: string): ObjectStoreError {
    this.#durable.clear();
    this.#prepared = undefined;
    return new ObjectStoreError(
      'UNAVAILABLE',
      `${key}: the folder ${this.root} was removed while it was written to. Try again.`,
      { cause },
    );
  }

  async #read<T>(
    key: string,
    options: CallOptions | undefined,
    use: (file: FileHandle) => Promise<T>,
  ): Promise<T> {
    const file = await this.#open(key, options);
    try {
      return await use(file);
    } catch (error) {
      throw folderError(error, key);
    } finally {
      await file.close();
    }
  }

  async #open(key: string, options: CallOptions | undefined): Promise<FileHandle> {
    this.#checkKey(key);
    throwIfAborted(options?.signal, `Reading ${key}`);
    try {
      await this.#plainFolder(key);
      const file = await open(join(this.root, key), READ_FLAGS);
      if ((await file.stat()).isFile()) return file;
      await file.close();
    } catch (error) {
      throw folderError(error, key);
    }
    throw new ObjectStoreError('NOT_FOUND', `${key} is no plain file, so there is no object.`);
  }

  async #isPlainFolder(folder: string): Promise<boolean> {
    try {
      await this.#plainFolder(`${folder}x`);
      return true;
    } catch (error) {
      const failure = folderError(error, folder);
      if (failure.code === 'NOT_FOUND') return false;
      throw failure;
    }
  }

  /** The folder of a key, if no part of it is a link. */
  async #plainFolder(key: string): Promise<string> {
    const folder = dirname(join(this.root, key));
    const root = await realpath(this.root);
    const expected = root + folder.slice(this.root === sep ? 0 : this.root.length);
    if ((await realpath(folder)) !== expected) {
      throw new ObjectStoreError(
        'INVALID_KEY',
        `${key} leads through a symbolic link in ${this.root}. Replace the link by a folder.`,
      );
    }
    return folder;
  }

  /** Makes a folder and flushes the chain up to the root, since its parents may be new too. */
  async #makeFolder(folder: string): Promise<void> {
    if (this.#durable.has(folder)) return;
    await makeFolders(folder);
    await this.#plainFolder(join(folder, 'x').slice(this.root.length + 1));
    for (let at = folder; at.length > this.root.length; at = dirname(at)) {
      await flushFolder(dirname(at));
    }
    this.#durable.add(folder);
  }

  /** Makes the temporary area, and removes what writers that died left in it long ago. */
  #prepare(): Promise<void> {
    this.#prepared ??= this.#sweep().catch((error: unknown) => {
      this.#prepared = undefined;
      throw error;
    });
    return this.#prepared;
  }

  async #sweep(): Promise<void> {
    const area = join(this.root, TEMPORARY);
    const made = await makeFolders(area);
    if (made) await flushFolder(dirname(made));
    for (const name of await readdir(area)) {
      const leftover = join(area, name);
      const age = await stat(leftover).then(
        ({ mtimeMs }) => Date.now() - mtimeMs,
        () => 0,
      );
      if (age > LEFTOVER_AGE_MS) await unlink(leftover).catch(ignoreMissing);
    }
  }

  #checkKey(key: string): void {
    checkKey(key);
    if (isInternal(key)) {
      throw new ObjectStoreError('INVALID_KEY', `${key} is in the folder's own area.`);
    }
  }
}

/** link(2) fails when the name is taken, also against other processes, and the content is whole. */
async function linkNew(from: string, to: string): Promise<void> {
  try {
    await link(from, to);
  } catch (cause) {
    if (!isErrno(cause, 'EEXIST') || (await lstat(to)).isFile()) throw cause;
    const message = `${to} is a folder or a link, so it cannot be an object. Choose another key.`;
    throw new ObjectStoreError('INVALID_KEY', message, { cause });
  }
}

/** After a rename the temporary name is gone, and another sweeper may have been first. */
function ignoreMissing(error: unknown): void {
  if (!isErrno(error, 'ENOENT')) throw error;
}
