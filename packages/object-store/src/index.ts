export type { StreamBody } from './body.ts';
export { fileBody } from './body.ts';
export type { ObjectStoreErrorCode } from './errors.ts';
export { isStoreError, ObjectStoreError } from './errors.ts';
export { FolderStore } from './folder-store.ts';
export { compareKeys } from './keys.ts';
export { MemoryStore } from './memory-store.ts';
export type {
  ByteRange,
  CallOptions,
  ListedObject,
  ListOptions,
  ObjectStore,
  ObjectTags,
} from './object-store.ts';
export { openStore } from './open-store.ts';
export { prefixed } from './prefixed.ts';
export type { RetryOptions } from './retrying.ts';
export { retrying } from './retrying.ts';
