export { batchJobName, jobIdOfName } from './batch-job-name.ts';
export type { S3LayoutErrorCode } from './errors.ts';
export { S3LayoutError } from './errors.ts';
export {
  batchIdKey,
  controlNumberOfKey,
  formatSeq,
  inputKeys,
  jobPrefixes,
  outputKeys,
  ownerPrefix,
  packOfKey,
  seqOfCommitKey,
  submissionOfKey,
  traceSegmentOfKey,
} from './keys.ts';
export { ownerFromArn, ownerFromUserName } from './owner.ts';
export type { EndedJob } from './retention-tag.ts';
export { retentionOf, retentionTag } from './retention-tag.ts';
export type { TimeIndexEntry } from './time-index.ts';
export { timeIndexEntryOfKey, timeIndexKey, timeIndexPrefix } from './time-index.ts';
