export type { BucketContents } from './bucket-removal.ts';
export { bucketNames, measureBucket, removeBucket } from './bucket-removal.ts';
export { S3Store } from './s3-store.ts';
