import { hash } from 'node:crypto';
import type { PackReference } from '@openevolve-aws/job-spec';
import type { ObjectStore } from '@openevolve-aws/object-store';
import { compressBlock } from './block-codec.ts';
import type { Block, Pack } from './checkpoint.ts';
import type { SignalOptions } from './job-log.ts';
import { BLOCK_BYTES } from './limits.ts';
import { Spool } from './spool.ts';

const COMPRESSED_AT_ONCE = 2;

/**
 * Builds one pack: content joined, cut into blocks, each compressed by itself while the next is
 * filled, and the manifest at the end.
 */
export class PackBuilder implements AsyncDisposable {
  readonly pack: Pack & { readonly blocks: Block[] };
  readonly #spool = new Spool();
  readonly #compressing: { block: Uint8Array; bytes: number; stored: Promise<Uint8Array> }[] = [];
  /** Blocks to fill again: what is thrown away in megabytes stays in memory for long. */
  readonly #free: Uint8Array[] = [];
  #block: Uint8Array | null = null;
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
      this.#block ??= this.#free.pop() ?? Buffer.allocUnsafeSlow(BLOCK_BYTES);
      const part = content.subarray(done, done + BLOCK_BYTES - this.#filled);
      this.#block.set(part, this.#filled);
      this.#filled += part.byteLength;
      this.#rawBytes += part.byteLength;
      done += part.byteLength;
      if (this.#filled === BLOCK_BYTES) await this.#closeBlock(this.#block);
    }
  }

  /** Compresses what is left; from then on the pack's blocks are known. */
  async finishContent(): Promise<void> {
    if (this.#block) await this.#closeBlock(this.#block);
    while (this.#compressing.length > 0) await this.#writeOldest();
  }

  /** Uploads content and manifest. Repeating it writes the same bytes again. */
  async upload(
    store: ObjectStore,
    manifest: Uint8Array,
    options: SignalOptions,
  ): Promise<PackReference> {
    const offset = this.#spool.bytes;
    const length = manifest.byteLength;
    const sha256 = hash('sha256', manifest);
    await this.#spool.write(manifest);
    await this.#spool.putTo(store, this.pack.key, options);
    return { key: this.pack.key, bytes: this.#spool.bytes, manifest: { offset, length, sha256 } };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.allSettled(this.#compressing.map(({ stored }) => stored));
    await this.#spool[Symbol.asyncDispose]();
  }

  async #closeBlock(block: Uint8Array): Promise<void> {
    const bytes = this.#filled;
    this.#block = null;
    this.#filled = 0;
    const stored = compressBlock(block.subarray(0, bytes));
    stored.catch(() => undefined);
    this.#compressing.push({ block, bytes, stored });
    if (this.#compressing.length >= COMPRESSED_AT_ONCE) await this.#writeOldest();
  }

  async #writeOldest(): Promise<void> {
    const oldest = this.#compressing.shift();
    if (!oldest) return;
    const stored = await oldest.stored;
    this.#free.push(oldest.block);
    this.pack.blocks.push([stored.byteLength, oldest.bytes]);
    await this.#spool.write(stored);
  }
}
