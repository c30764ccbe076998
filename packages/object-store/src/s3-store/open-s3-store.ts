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
  const { host: bucket, username, search, hash, pathname } = uri;
  if (!BUCKET.test(bucket) || username || search || hash) {
    throw new ObjectStoreError(
      'INVALID_URI',
      `${uri.href} is not s3://bucket/prefix. A bucket's name has 3 to 63 of a-z, 0-9, - and .`,
    );
  }
  const store = new S3Store(bucket);
  const prefix = decodeURIComponent(pathname).replace(/^\//, '').replace(/\/$/, '');
  return prefix === '' ? store : prefixed(store, prefix);
}
