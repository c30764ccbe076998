import {
  DeleteBucketCommand,
  DeleteObjectsCommand,
  ListBucketsCommand,
  ListObjectVersionsCommand,
  type ListObjectVersionsCommandOutput,
  type S3ClientConfig,
} from '@aws-sdk/client-s3';
import { type AttemptPolicy, Attempts } from '../attempts.ts';
import type { CallOptions } from '../object-store.ts';
import { S3Bucket } from './s3-bucket.ts';
import { deletionError } from './s3-errors.ts';

/** S3 lists and deletes at most as many at once. */
const PAGE = 1_000;

/** Of each call. */
const PATIENCE: AttemptPolicy = {
  attempts: 8,
  deadlineMs: 60_000,
  baseDelayMs: 100,
  maxDelayMs: 10_000,
  random: Math.random,
};

type Page = ListObjectVersionsCommandOutput;

export interface BucketContents {
  /** Versions of objects and marks of deleted ones. */
  readonly versions: number;
  readonly bytes: number;
  /** Whether there is more than was counted. */
  readonly hasMore: boolean;
}

/**
 * The names of the credentials' buckets that begin alike, in the region of the configuration.
 *
 * @example
 * await bucketNames('openevolve-prod-', { region: 'us-east-1' });
 */
export async function bucketNames(
  prefix: string,
  config: S3ClientConfig & { readonly region: string },
  options: CallOptions = {},
): Promise<string[]> {
  // No bucket is meant: the name is for messages.
  const bucket = new S3Bucket(`${prefix}*`, config);
  const names: string[] = [];
  let token: string | undefined;
  do {
    const page = await repeated(bucket, options, (sending) =>
      bucket.client.send(
        new ListBucketsCommand({
          Prefix: prefix,
          BucketRegion: config.region,
          ContinuationToken: token,
        }),
        sending,
      ),
    );
    names.push(...(page.Buckets ?? []).map(({ Name = '' }) => Name));
    token = page.ContinuationToken;
  } while (token);
  // Servers other than AWS ignore the prefix.
  return names.filter((name) => name.startsWith(prefix));
}

/**
 * Counts what a bucket holds, old versions included.
 *
 * @param limit roughly where counting may stop, in versions: it takes a call for each thousand.
 */
export async function measureBucket(
  name: string,
  config: S3ClientConfig,
  { limit, ...options }: CallOptions & { readonly limit: number },
): Promise<BucketContents> {
  let versions = 0;
  let bytes = 0;
  for await (const page of pagesOf(new S3Bucket(name, config), options)) {
    versions += (page.Versions?.length ?? 0) + (page.DeleteMarkers?.length ?? 0);
    bytes += (page.Versions ?? []).reduce((sum, { Size = 0 }) => sum + Size, 0);
    if (versions >= limit) {
      return { versions, bytes, hasMore: page.IsTruncated === true };
    }
  }
  return { versions, bytes, hasMore: false };
}

/**
 * Deletes a bucket with all that is in it, old versions and marks of deletion included, a thousand at
 * a time. What was cut off goes on when it is called again. Nothing brings it back.
 *
 * @param report told after each thousand how many versions are deleted so far.
 * @throws {ObjectStoreError} `NO_BUCKET` when it is not there; `REFUSED` when somebody still writes.
 * @example
 * await removeBucket('openevolve-prod-outputs-x', { region: 'us-east-1' });
 */
export async function removeBucket(
  name: string,
  config: S3ClientConfig,
  { report, ...options }: CallOptions & { readonly report?: (deleted: number) => void } = {},
): Promise<void> {
  const bucket = new S3Bucket(name, config);
  for (let deleted = 0; ; report?.(deleted)) {
    // Always the first page of what is left, which no marker of a deleted version can miss.
    const { Versions = [], DeleteMarkers = [] } = await readPage(bucket, undefined, options);
    const Objects = [...Versions, ...DeleteMarkers].map(({ Key, VersionId }) => ({
      Key,
      VersionId,
    }));
    if (Objects.length === 0) break;
    await repeated(bucket, options, async (sending) => {
      const { Errors = [] } = await bucket.client.send(
        new DeleteObjectsCommand({ Bucket: name, Delete: { Objects, Quiet: true } }),
        sending,
      );
      if (Errors.length > 0) throw deletionError(Errors, name);
    });
    deleted += Objects.length;
  }
  await repeated(bucket, options, (sending) =>
    bucket.client.send(new DeleteBucketCommand({ Bucket: name }), sending),
  );
}

async function* pagesOf(bucket: S3Bucket, options: CallOptions): AsyncGenerator<Page> {
  let at: Page | undefined;
  do {
    const page = await readPage(bucket, at, options);
    yield page;
    at = page.IsTruncated ? page : undefined;
  } while (at);
}

function readPage(bucket: S3Bucket, after: Page | undefined, options: CallOptions): Promise<Page> {
  return repeated(bucket, options, (sending) =>
    bucket.client.send(
      new ListObjectVersionsCommand({
        Bucket: bucket.name,
        MaxKeys: PAGE,
        KeyMarker: after?.NextKeyMarker,
        VersionIdMarker: after?.NextVersionIdMarker,
      }),
      sending,
    ),
  );
}

function repeated<T>(
  bucket: S3Bucket,
  options: CallOptions,
  send: (options: { abortSignal?: AbortSignal }) => Promise<T>,
): Promise<T> {
  return new Attempts(PATIENCE, bucket.name, options.signal).run(() =>
    bucket.call('', options, send),
  );
}
