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
  seqOfCommitKey,
  submissionNumberOfKey,
  traceSegmentOfKey,
} from './keys.ts';
export { ownerFromUserName } from './owner.ts';
export { retentionTag } from './retention-tag.ts';
