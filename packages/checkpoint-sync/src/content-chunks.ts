import { hash } from 'node:crypto';
import type { Extent } from './checkpoint.ts';
import type { PackBuilder } from './pack-builder.ts';

const LEAST_BYTES = 256;
const MOST_BYTES = 4 * 1024;
/** One boundary in 2^10 bytes: a change costs one or two chunks of about 1 KiB. */
const BOUNDARY_BITS = 10;

/** A file that has come to more is written whole again. */
export const MOST_EXTENTS = 2_048;

/** The chunks of a file's content by their hash, and where each lies. */
export type Chunks = ReadonlyMap<string, Extent>;

const GEAR = gear();

/**
 * Cuts content where the last bytes before a place have a certain hash, so that what is inserted or
 * removed moves only the boundaries beside it (the gear hash of FastCDC,
 * https://www.usenix.org/conference/atc16/technical-sessions/presentation/xia). Where it is cut is no
 * part of the format: readers see extents.
 */
export function* cutChunks(content: Uint8Array): Generator<Uint8Array> {
  let start = 0;
  let rolling = 0;
  for (let at = 0; at < content.byteLength; at++) {
    const bytes = at - start + 1;
    rolling = ((rolling << 1) + (GEAR[content[at] ?? 0] ?? 0)) | 0;
    const isBoundary = bytes >= LEAST_BYTES && rolling >>> (32 - BOUNDARY_BITS) === 0;
    if (!isBoundary && bytes < MOST_BYTES) continue;
    yield content.subarray(start, at + 1);
    start = at + 1;
    rolling = 0;
  }
  if (start < content.byteLength) yield content.subarray(start);
}

/** Adds a file to a pack, all but the chunks that lie in the store already. */
export class ChunkedFile {
  readonly extents: Extent[] = [];
  readonly chunks = new Map<string, Extent>();
  readonly #builder: PackBuilder;
  readonly #known: Chunks;

  /** @param known of the content that the file had before. */
  constructor(builder: PackBuilder, known: Chunks) {
    this.#builder = builder;
    this.#known = known;
  }

  async add(content: Uint8Array): Promise<void> {
    for (const chunk of cutChunks(content)) {
      const name = hash('sha256', chunk, 'base64');
      // Beyond that many extents all is appended, which makes one more.
      const known = this.extents.length < MOST_EXTENTS ? this.#known.get(name) : undefined;
      const extent = known ?? (await this.#append(chunk));
      this.chunks.set(name, extent);
      appendExtent(this.extents, extent);
    }
  }

  async #append(chunk: Uint8Array): Promise<Extent> {
    const { pack, offset } = this.#builder;
    await this.#builder.add(chunk);
    return { pack, offset, bytes: chunk.byteLength };
  }
}

/** One that goes on where the last one ends becomes a part of it. */
function appendExtent(extents: Extent[], extent: Extent): void {
  const last = extents.at(-1);
  if (last?.pack.key !== extent.pack.key || last.offset + last.bytes !== extent.offset) {
    extents.push(extent);
    return;
  }
  extents[extents.length - 1] = { ...last, bytes: last.bytes + extent.bytes };
}

/** Numbers without a pattern, the same in each process (xorshift32). */
function gear(): Int32Array {
  let state = 0x9e3779b9;
  return Int32Array.from({ length: 256 }, () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state;
  });
}
