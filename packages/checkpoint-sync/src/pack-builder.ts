import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { PackReference } from '@openevolve-aws/job-spec';
import type { ObjectStore } from '@openevolve-aws/object-store';
import type { Block, Pack } from './checkpoint.ts';
import type { SignalOptions } from './job-log.ts';
import { BLOCK_BYTES } from './limits.ts';
import { Spool } from './spool.ts';

const compress = promisify(gzip);
/** Measured on programs' JSON: level 6 saves 16 % of the bytes for two to three times the time. */
const LEVEL = 3;
const COMPRESSED_AT_ONCE = 4;

/**
 * Builds one pack: content joined, cut into blocks, each compressed by itself while the next is
 * filled, and the manifest at the end.
 */
export class PackBuilder implements AsyncDisposable {
  readonly pack: Pack & { readonly blocks: Block[] };
  readonly #spool = new Spool();
  readonly #compressing: { raw: number; stored: Promise<Uint8Array> }[] = [];
  #parts: Uint8Array[] = [];
  #filled = 0;
  #rawBytes = 0;

  constructor(key: string) {
    this.pack = { key, blocks: [] };
  }

  /** Where content that is added next will begin. */
  get offset(): number {
    return this.#rawBytes;
  }

  /** Adds content; it is copied. */
  async add(content: Uint8Array): Promise<void> {
    for (let done = 0; done < content.byteLength; ) {
      const part = content.subarray(done, done + BLOCK_BYTES - this.#filled);
      this.#parts.push(Buffer.from(part));
      this.#filled += part.byteLength;
      this.#rawBytes += part.byteLength;
      done += part.byteLength;
      if (this.#filled === BLOCK_BYTES) await this.#closeBlock();
    }
  }

  /** Compresses what is left; from then on the pack's blocks are known. */
  async finishContent(): Promise<void> {
    if (this.#filled > 0) await this.#closeBlock();
    while (this.#compressing.length > 0) await this.#writeOldest();
  }

  /** Uploads content and manifest. Repeating it writes the same bytes again. */
  async upload(
    store: ObjectStore,
    manifest: Uint8Array,
    options: SignalOptions,
  ): Promise<PackReference> {
    const offset = this.#spool.bytes;
    await this.#spool.write(manifest);
    await this.#spool.putTo(store, this.pack.key, options);
    const sha256 = createHash('sha256').update(manifest).digest('hex');
    return {
      key: this.pack.key,
      bytes: this.#spool.bytes,
      manifest: { offset, length: manifest.byteLength, sha256 },
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.allSettled(this.#compressing.map(({ stored }) => stored));
    await this.#spool[Symbol.asyncDispose]();
  }

  async #closeBlock(): Promise<void> {
    const raw = Buffer.concat(this.#parts, this.#filled);
    this.#parts = [];
    this.#filled = 0;
    const stored = compress(raw, { level: LEVEL });
    stored.catch(() => undefined);
    this.#compressing.push({ raw: raw.byteLength, stored });
    if (this.#compressing.length >= COMPRESSED_AT_ONCE) await this.#writeOldest();
  }

  async #writeOldest(): Promise<void> {
    const oldest = this.#compressing.shift();
    if (!oldest) return;
    const stored = await oldest.stored;
    this.pack.blocks.push([stored.byteLength, oldest.raw]);
    await this.#spool.write(stored);
  }
}
