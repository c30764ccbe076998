import { ObjectStoreError } from '../errors.ts';
import type { ObjectStore } from '../object-store.ts';
import { prefixed } from '../prefixed.ts';
import { S3Store } from './s3-store.ts';

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html */
const BUCKET = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;

/**
 * The store that `s3://bucket` or `s3://bucket/prefix` names.
 *
 * @throws {ObjectStoreError} `INVALID_URI`, `INVALID_KEY`
 */
export function openS3Store(uri: URL): ObjectStore {
  if (!BUCKET.test(uri.host)) {
    throw new ObjectStoreError('INVALID_URI', `${JSON.stringify(uri.host)} is no bucket name.`);
  }
  const store = new S3Store(uri.host);
  const prefix = decodeURIComponent(uri.pathname).replace(/^\/|\/$/g, '');
  return prefix === '' ? store : prefixed(store, prefix);
}
