import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, open, unlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ObjectStore } from '@openevolve-aws/object-store';
import { release } from './block-codec.ts';
import type { SignalOptions } from './job-log.ts';

/** A pack of an ordinary commit is far smaller; only one with large artifacts goes to the disk. */
const MEMORY_BYTES = 4 * 1024 * 1024;

/**
 * Bytes on their way to an object: in memory, and in a temporary file once there are many. The file
 * has no name, so that a process that is killed leaves nothing behind.
 */
export class Spool implements AsyncDisposable {
  readonly #chunks: Uint8Array[] = [];
  #bytes = 0;
  #file: FileHandle | null = null;

  get bytes(): number {
    return this.#bytes;
  }

  /** The chunk, which must own its memory, is taken: the caller must not use it any more. */
  async write(chunk: Uint8Array): Promise<void> {
    this.#bytes += chunk.byteLength;
    this.#chunks.push(chunk);
    if (this.#bytes <= MEMORY_BYTES) return;
    if (!this.#file) {
      const path = join(tmpdir(), `openevolve-aws-pack-${randomUUID()}`);
      this.#file = await open(path, 'wx+', 0o600);
      await unlink(path);
    }
    for (const pending of this.#chunks.splice(0)) {
      await this.#file.writeFile(pending);
      release(pending);
    }
  }

  async putTo(store: ObjectStore, key: string, options: SignalOptions): Promise<void> {
    if (!this.#file) return store.put(key, Buffer.concat(this.#chunks), options);
    const { fd } = this.#file;
    const read = () => createReadStream('', { fd, start: 0, autoClose: false });
    return store.putStream(key, { bytes: this.#bytes, open: read }, options);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#file?.close();
  }
}
