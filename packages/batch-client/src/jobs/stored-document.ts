import { parseDocument } from '@openevolve-aws/job-spec';
import { isStoreError, type ObjectStore } from '@openevolve-aws/object-store';
import type { z } from 'zod';
import type { Backend } from '../backend.ts';

/** Which of a backend's two stores. */
export type StoreSide = 'inputs' | 'outputs';

/**
 * The parsed document, or null when there is none.
 *
 * @throws {JobSpecError} naming the document's URI, when it is damaged or of another version.
 */
export async function readStored<
  S extends z.ZodObject<{ version: z.ZodLiteral<number> } & z.ZodRawShape>,
>(backend: Backend, side: StoreSide, schema: S, key: string): Promise<z.output<S> | null> {
  const content = await readBytes(backend[side], key);
  const uri = side === 'inputs' ? backend.inputUri(key) : backend.outputUri(key);
  return content && parseDocument(schema, content, uri);
}

/**
 * Creates an object that nobody else may have made. An equal one is there after a reply that was
 * lost, and is as good.
 *
 * @returns false when another one is there; it was left alone.
 */
export async function claim(store: ObjectStore, key: string, body: Uint8Array): Promise<boolean> {
  try {
    await store.putIfAbsent(key, body);
    return true;
  } catch (error) {
    if (!isStoreError(error, 'ALREADY_EXISTS')) {
      throw error;
    }
    const present = await readBytes(store, key);
    return present !== null && Buffer.from(present).equals(body);
  }
}

/** A small object, or null when there is none. */
export async function readBytes(store: ObjectStore, key: string): Promise<Uint8Array | null> {
  try {
    return await store.get(key);
  } catch (error) {
    if (isStoreError(error, 'NOT_FOUND')) {
      return null;
    }
    throw error;
  }
}
