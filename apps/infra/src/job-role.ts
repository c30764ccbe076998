import { ownerPrefix } from '@openevolve-aws/s3-layout';
import {
  type IManagedPolicy,
  PolicyDocument,
  PolicyStatement,
  Role,
  ServicePrincipal,
} from 'aws-cdk-lib/aws-iam';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';

export interface JobRoleProps {
  readonly owner: string;
  readonly inputs: IBucket;
  readonly outputs: IBucket;
  readonly boundary: IManagedPolicy;
}

/**
 * What an owner's jobs may do: read the owner's inputs, write the owner's outputs. AWS Batch gives
 * a container nothing of who submitted it, so every owner has a role of their own.
 */
export class JobRole extends Construct {
  readonly role: Role;

  constructor(scope: Construct, id: string, { owner, inputs, outputs, boundary }: JobRoleProps) {
    super(scope, id);
    const own = `${ownerPrefix(owner)}/*`;
    this.role = new Role(this, 'Role', {
      description: `OpenEvolve: the jobs of ${owner}`,
      assumedBy: new ServicePrincipal('ecs-tasks.amazonaws.com'),
      permissionsBoundary: boundary,
      inlinePolicies: {
        OwnObjects: new PolicyDocument({
          statements: [
            new PolicyStatement({
              actions: ['s3:ListBucket'],
              resources: [inputs.bucketArn, outputs.bucketArn],
              conditions: { StringLike: { 's3:prefix': own } },
            }),
            new PolicyStatement({
              actions: ['s3:GetObject'],
              resources: [inputs.arnForObjects(own)],
            }),
            new PolicyStatement({
              actions: [
                's3:AbortMultipartUpload',
                's3:DeleteObject',
                's3:GetObject',
                's3:GetObjectTagging',
                's3:PutObject',
                's3:PutObjectTagging',
              ],
              resources: [outputs.arnForObjects(own)],
            }),
          ],
        }),
      },
    });
  }
}
