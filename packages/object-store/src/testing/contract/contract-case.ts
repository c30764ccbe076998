import type { StreamBody } from '../../body.ts';
import type { ListOptions, ObjectStore } from '../../object-store.ts';
import { collect } from '../collect.ts';

/** What a store does, by a sentence, and how it is seen in a fresh and empty one. */
export type ContractCases = Readonly<Record<string, (store: ObjectStore) => Promise<void>>>;

export function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

export function text(body: Uint8Array): string {
  return new TextDecoder().decode(body);
}

export async function keys(
  store: ObjectStore,
  prefix = '',
  options?: ListOptions,
): Promise<string[]> {
  return (await collect(store.list(prefix, options))).map(({ key }) => key);
}

/** A body of these pieces, which may declare another length than it has. */
export function streamOf(pieces: readonly string[], declared?: number): StreamBody {
  const parts = pieces.map(bytes);
  return {
    bytes: declared ?? parts.reduce((sum, part) => sum + part.byteLength, 0),
    async *open() {
      yield* parts;
    },
  };
}

/** Keys in S3's order. */
export function sorted(all: readonly string[]): string[] {
  return all.toSorted((l, r) => Buffer.compare(Buffer.from(l), Buffer.from(r)));
}
