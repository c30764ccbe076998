import { createHash } from 'node:crypto';
import type { BigIntStats } from 'node:fs';
import { TAGS } from './folder-areas.ts';
import type { ObjectTags } from './object-store.ts';

/** Where the tags of a key lie. A hash, since a key may be longer than a file's name, or a folder. */
export function tagsPath(key: string): string {
  return `${TAGS}/${createHash('sha256').update(key).digest('hex')}.json`;
}

/** Tags belong to one file, not to its name: the next file at that key has none. */
export function encodeTags(tags: ObjectTags, file: BigIntStats): Uint8Array {
  return Buffer.from(JSON.stringify({ file: identity(file), tags }));
}

/** The tags, unless they were another file's. */
export function decodeTags(document: string, file: BigIntStats): ObjectTags {
  const stored: { file: string; tags: ObjectTags } = JSON.parse(document);
  return stored.file === identity(file) ? stored.tags : {};
}

function identity({ ino, mtimeNs, size }: BigIntStats): string {
  return `${ino} ${mtimeNs} ${size}`;
}
