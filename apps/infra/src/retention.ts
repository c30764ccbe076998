import { retentionTag } from '@openevolve-aws/s3-layout';
import { Duration } from 'aws-cdk-lib';
import { type LifecycleRule, StorageClass } from 'aws-cdk-lib/aws-s3';

/** Days count from the day an object was written. Both classes are read at once, like the first. */
const cooler = [
  { storageClass: StorageClass.INFREQUENT_ACCESS, transitionAfter: Duration.days(30) },
  { storageClass: StorageClass.GLACIER_INSTANT_RETRIEVAL, transitionAfter: Duration.days(90) },
];
const archived = { storageClass: StorageClass.DEEP_ARCHIVE, transitionAfter: Duration.days(180) };

/**
 * An upload that was cut off is paid for and seen by nobody. One of an attempt that still runs is
 * minutes old, since it carries one commit.
 */
export const abandonedUploads: LifecycleRule = {
  id: 'abandoned-uploads',
  abortIncompleteMultipartUploadAfter: Duration.days(1),
};

/**
 * Lifecycle of the output bucket. Every rule that moves or deletes asks for the tag that the
 * software writes when a job has ended. What a job can be resumed from gets cheaper, is never
 * archived, since a restore must read it at once, and never deleted.
 */
export const outputRetention: readonly LifecycleRule[] = [
  abandonedUploads,
  {
    id: 'undelete-window',
    noncurrentVersionExpiration: Duration.days(1),
    expiredObjectDeleteMarker: true,
  },
  {
    id: 'finished',
    tagFilters: { [retentionTag.key]: retentionTag.finished },
    transitions: [...cooler, archived],
  },
  {
    id: 'resumable',
    tagFilters: { [retentionTag.key]: retentionTag.resumable },
    transitions: cooler,
  },
  {
    id: 'failed',
    tagFilters: { [retentionTag.key]: retentionTag.failed },
    expiration: Duration.days(14),
  },
  {
    id: 'superseded',
    tagFilters: { [retentionTag.key]: retentionTag.superseded },
    expiration: Duration.days(1),
  },
];
