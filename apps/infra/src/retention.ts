import { retentionTag } from '@openevolve-aws/s3-layout';
import { Duration } from 'aws-cdk-lib';
import { type LifecycleRule, StorageClass } from 'aws-cdk-lib/aws-s3';

/** Days since an object was written. */
const COOLER_AFTER = Duration.days(30);
const FAILED_EXPIRES_AFTER = Duration.days(180);
const SUPERSEDED_EXPIRES_AFTER = Duration.days(7);

/** How long an overwritten or deleted output can be brought back. */
const UNDELETE_WINDOW = Duration.days(7);

/**
 * An upload that was cut off is paid for and seen by nobody. One of an attempt that still runs is
 * minutes old, since it carries one commit.
 */
export const abandonedUploads: LifecycleRule = {
  id: 'abandoned-uploads',
  abortIncompleteMultipartUploadAfter: Duration.days(1),
};

/**
 * Lifecycle of the output bucket. Finished work gets cheaper and is never deleted. No rule uses an
 * archive class: a filter cannot tell `commits/` and `packs/` from other keys of a job, and a
 * restore must read them at once.
 */
export const outputRetention: readonly LifecycleRule[] = [
  abandonedUploads,
  {
    id: 'undelete-window',
    noncurrentVersionExpiration: UNDELETE_WINDOW,
    expiredObjectDeleteMarker: true,
  },
  {
    id: 'finished',
    tagFilters: { [retentionTag.key]: retentionTag.finished },
    transitions: [{ storageClass: StorageClass.INFREQUENT_ACCESS, transitionAfter: COOLER_AFTER }],
  },
  {
    id: 'failed',
    tagFilters: { [retentionTag.key]: retentionTag.failed },
    transitions: [{ storageClass: StorageClass.INFREQUENT_ACCESS, transitionAfter: COOLER_AFTER }],
    expiration: FAILED_EXPIRES_AFTER,
  },
  {
    id: 'superseded',
    tagFilters: { [retentionTag.key]: retentionTag.superseded },
    expiration: SUPERSEDED_EXPIRES_AFTER,
  },
];
