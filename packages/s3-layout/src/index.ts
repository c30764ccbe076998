export type { S3LayoutErrorCode } from './errors.ts';
export { S3LayoutError } from './errors.ts';
export {
  batchIdKey,
  formatSeq,
  inputKeys,
  jobPrefixes,
  outputKeys,
  ownerPrefix,
  seqOfCommitKey,
} from './keys.ts';
export { ownerFromUserName } from './owner.ts';
export { retentionTag } from './retention-tag.ts';
