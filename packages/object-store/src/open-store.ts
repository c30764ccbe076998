import { fileURLToPath } from 'node:url';
import { ObjectStoreError } from './errors.ts';
import { FolderStore } from './folder-store.ts';
import type { ObjectStore } from './object-store.ts';

type Opener = (uri: URL) => Promise<ObjectStore> | ObjectStore;

/** A scheme is one line here; an adapter with heavy imports is imported when it is asked for. */
const openers: Readonly<Record<string, Opener>> = {
  'file:': (uri) => new FolderStore(fileURLToPath(uri)),
  's3:': async (uri) => (await import('./s3-store/open-s3-store.ts')).openS3Store(uri),
};

/**
 * The store that a URI names: `file:///absolute/folder`, `s3://bucket` or `s3://bucket/prefix`.
 *
 * @throws {ObjectStoreError} `INVALID_URI` when it is no URI or its scheme is not known.
 * @example
 * const store = await openStore('file:///var/lib/openevolve/store');
 */
export async function openStore(uri: string): Promise<ObjectStore> {
  const known = Object.keys(openers)
    .map((scheme) => `${scheme}//`)
    .join(' and ');
  const refuse = (problem: string, cause?: unknown): ObjectStoreError =>
    new ObjectStoreError('INVALID_URI', `${JSON.stringify(uri)} ${problem}. Use ${known}.`, {
      cause,
    });
  const parsed = URL.parse(uri);
  if (!parsed) throw refuse('is not a URI');
  const opener = openers[parsed.protocol];
  if (!opener) throw refuse(`has the scheme ${parsed.protocol}, which is not known`);
  try {
    return await opener(parsed);
  } catch (cause) {
    throw refuse('does not name a store', cause);
  }
}
