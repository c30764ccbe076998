import { RemovalPolicy } from 'aws-cdk-lib';
import {
  BlockPublicAccess,
  Bucket,
  BucketEncryption,
  type BucketProps,
  ObjectOwnership,
} from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { abandonedUploads, outputRetention } from './retention.ts';

const privateBucket = {
  blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
  objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
  encryption: BucketEncryption.S3_MANAGED,
  enforceSSL: true,
  minimumTLSVersion: 1.2,
  // Outlives the stack: what a job found is worth more than the machines that found it.
  // A bucket of a deployment that failed holds nothing, and the next one would make another.
  removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
} as const satisfies BucketProps;

/**
 * The two buckets of an environment. Users write `inputs` and read `outputs`, jobs do the reverse;
 * both hold `users/<owner>/<job>/...` as packages/s3-layout lays it out.
 *
 * Both refuse public access, plain HTTP and TLS below 1.2, and stay when the stack is deleted.
 * `outputs` is versioned: an output deleted by mistake can be brought back for a day.
 *
 * @example
 * const storage = new Storage(this, 'Storage');
 * storage.outputs.grantReadWrite(jobRole, 'users/alice/*');
 */
export class Storage extends Construct {
  readonly inputs: Bucket;
  readonly outputs: Bucket;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    this.inputs = new Bucket(this, 'Inputs', {
      ...privateBucket,
      lifecycleRules: [abandonedUploads],
    });
    this.outputs = new Bucket(this, 'Outputs', {
      ...privateBucket,
      versioned: true,
      lifecycleRules: [...outputRetention],
    });
  }
}
