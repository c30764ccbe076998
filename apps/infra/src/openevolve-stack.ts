import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import type { Bucket, CfnBucket } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import { InfraError } from './errors.ts';
import { Storage } from './storage.ts';

export interface OpenEvolveStackProps extends StackProps {
  /** Sets installations in one account apart, such as `prod`; a part of every name. */
  readonly environment: string;
}

/** Bucket names are made from it and S3 allows 63 characters. */
const ENVIRONMENT = /^[a-z][a-z0-9-]{0,15}$/;

/**
 * One installation of OpenEvolve on AWS.
 *
 * Outputs: `InputBucket` and `OutputBucket`, the values of `OPENEVOLVE_INPUT_BUCKET` and
 * `OPENEVOLVE_OUTPUT_BUCKET`.
 *
 * @throws {InfraError} `INVALID_ENVIRONMENT` when the environment cannot be a part of names.
 * @example
 * new OpenEvolveStack(app, 'OpenEvolve', { environment: 'prod' });
 */
export class OpenEvolveStack extends Stack {
  readonly storage: Storage;

  constructor(scope: Construct, id: string, { environment, ...props }: OpenEvolveStackProps) {
    if (!ENVIRONMENT.test(environment)) {
      throw new InfraError(
        'INVALID_ENVIRONMENT',
        `The environment ${JSON.stringify(environment)} cannot be a part of resource names. Use 1 to 16 lower-case letters, digits and dashes, a letter first: cdk deploy -c environment=prod`,
      );
    }
    super(scope, id, {
      stackName: `openevolve-${environment}`,
      description: `OpenEvolve on AWS Spot machines (${environment})`,
      ...props,
    });
    this.storage = new Storage(this, 'Storage');
    keepIdentity(this.storage.inputs, 'Inputs');
    keepIdentity(this.storage.outputs, 'Outputs');
    new CfnOutput(this, 'InputBucket', { value: this.storage.inputs.bucketName });
    new CfnOutput(this, 'OutputBucket', { value: this.storage.outputs.bucketName });
  }
}

/**
 * Fixes a bucket's logical id: another id is a new, empty bucket for CloudFormation, which would
 * follow from any move of the construct. CloudFormation names the bucket from stack and logical id:
 * `openevolve-prod-outputs-<random>`.
 */
function keepIdentity(bucket: Bucket, logicalId: string): void {
  (bucket.node.defaultChild as CfnBucket).overrideLogicalId(logicalId);
}
