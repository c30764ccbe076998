import { ownerPrefix } from '@openevolve-aws/s3-layout';
import { ManagedPolicy, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { environmentArns } from './arns.ts';
import {
  type AccessPolicyProps,
  describeActions,
  explainActions,
  logActions,
} from './user-policy.ts';

/**
 * The most that users and jobs of an environment can ever be allowed, whatever else is attached to
 * them by mistake: the environment's objects, jobs, logs and settings. No IAM, no secret, no
 * machine.
 */
export class PermissionBoundary extends Construct {
  readonly policy: ManagedPolicy;

  constructor(scope: Construct, id: string, props: AccessPolicyProps) {
    super(scope, id);
    const { names, inputs, outputs } = props;
    const arns = environmentArns(names);
    const owners = ownerPrefix('*');
    this.policy = new ManagedPolicy(this, 'Policy', {
      managedPolicyName: names.boundary,
      description: `OpenEvolve ${props.environment}: the most that users and jobs can be allowed`,
      statements: [
        new PolicyStatement({
          sid: 'Objects',
          actions: [
            's3:AbortMultipartUpload',
            's3:DeleteObject',
            's3:GetObject',
            's3:GetObjectTagging',
            's3:PutObject',
            's3:PutObjectTagging',
            's3:DeleteObjectTagging',
          ],
          resources: [inputs.arnForObjects(owners), outputs.arnForObjects(owners)],
        }),
        new PolicyStatement({
          sid: 'Lists',
          actions: ['s3:ListBucket'],
          resources: [inputs.bucketArn, outputs.bucketArn],
        }),
        new PolicyStatement({
          sid: 'Jobs',
          actions: [
            'batch:CancelJob',
            'batch:GetJobQueueSnapshot',
            'batch:SubmitJob',
            'batch:TagResource',
            'batch:TerminateJob',
          ],
          resources: [arns.jobs, arns.queue, arns.definition('*')],
        }),
        new PolicyStatement({
          sid: 'DescribeWithoutResources',
          actions: describeActions,
          resources: ['*'],
        }),
        new PolicyStatement({
          sid: 'Logs',
          actions: logActions,
          resources: [arns.logGroup('*')],
        }),
        new PolicyStatement({
          sid: 'Settings',
          actions: ['ssm:GetParameter'],
          resources: [arns.settings],
        }),
        new PolicyStatement({
          sid: 'Explanations',
          actions: explainActions,
          resources: [props.repository.repositoryArn, arns.ec2Quotas],
        }),
      ],
    });
  }
}
