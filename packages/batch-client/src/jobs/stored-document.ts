import { parseDocument } from '@openevolve-aws/job-spec';
import { isStoreError, type ObjectStore } from '@openevolve-aws/object-store';
import type { z } from 'zod';

/** The parsed document, or null when there is none. `uri` is its name in messages. */
export async function readStored<
  S extends z.ZodObject<{ version: z.ZodLiteral<number> } & z.ZodRawShape>,
>(store: ObjectStore, schema: S, key: string, uri: string): Promise<z.output<S> | null> {
  try {
    return parseDocument(schema, await store.get(key), uri);
  } catch (error) {
    if (isStoreError(error, 'NOT_FOUND')) {
      return null;
    }
    throw error;
  }
}
