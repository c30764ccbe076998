import { ownerPrefix } from '@openevolve-aws/s3-layout';
import type { IRepository } from 'aws-cdk-lib/aws-ecr';
import { ManagedPolicy, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { environmentArns } from './arns.ts';
import { OWNER_TAG, type ResourceNames } from './names.ts';

/** Whoever asks, by the tag of their IAM user or of their Identity Center session. */
const SELF = `\${aws:PrincipalTag/${OWNER_TAG}}`;

/** What a submission tags a job with, and so what else a user could put on the queue. */
const JOB_TAGS = ['Environment', 'JobShortId', 'Owner', 'Service'];

/** AWS Batch knows no resource for these, so they are for all jobs of the account or for none. */
export const describeActions = [
  'batch:DescribeComputeEnvironments',
  'batch:DescribeJobDefinitions',
  'batch:DescribeJobQueues',
  'batch:DescribeJobs',
  'batch:ListJobs',
];

export const logActions = ['logs:DescribeLogStreams', 'logs:FilterLogEvents', 'logs:GetLogEvents'];

/** For the sentence that says why a job waits: is the image there, how many machines are allowed. */
export const explainActions = ['ecr:DescribeImages', 'servicequotas:GetServiceQuota'];

export interface AccessPolicyProps {
  readonly names: ResourceNames;
  readonly environment: string;
  readonly inputs: IBucket;
  readonly outputs: IBucket;
  readonly repository: IRepository;
}

/**
 * What a user may do, for all users in one policy: whose objects, jobs and logs it opens is read
 * from the tag `OpenEvolveUser` of whoever asks. Without the tag it opens nothing of anybody.
 *
 * A job is its owner's by the tags that it gets when it is submitted, so a submission must set them
 * to the submitter, and nobody may set them later on another's job. Jobs of another environment in
 * the account are told apart by the tag `Environment`.
 *
 * Open by AWS's own rules: every user can list and describe every job of the account, with its
 * command and environment, since AWS Batch knows no resource for that.
 */
export class UserPolicy extends Construct {
  readonly policy: ManagedPolicy;

  constructor(scope: Construct, id: string, props: AccessPolicyProps) {
    super(scope, id);
    const { names, environment, inputs, outputs } = props;
    const own = `${ownerPrefix(SELF)}/*`;
    const submitted = { 'aws:RequestTag/Owner': SELF, 'aws:RequestTag/Environment': environment };
    const tagged = { 'aws:ResourceTag/Owner': SELF, 'aws:ResourceTag/Environment': environment };
    const arns = environmentArns(names);
    const definition = arns.definition(SELF);
    const logGroup = arns.logGroup(SELF);
    this.policy = new ManagedPolicy(this, 'Policy', {
      managedPolicyName: names.userPolicy,
      description: `OpenEvolve ${environment}: own objects, jobs and logs, by the tag ${OWNER_TAG}`,
      statements: [
        new PolicyStatement({
          sid: 'ListOwnObjects',
          actions: ['s3:ListBucket'],
          resources: [inputs.bucketArn, outputs.bucketArn],
          conditions: { StringLike: { 's3:prefix': own } },
        }),
        new PolicyStatement({
          sid: 'WriteOwnInputs',
          actions: ['s3:AbortMultipartUpload', 's3:DeleteObject', 's3:GetObject', 's3:PutObject'],
          resources: [inputs.arnForObjects(own)],
        }),
        new PolicyStatement({
          sid: 'ReadOwnOutputs',
          // Tags are cleared by whoever resumes a job.
          actions: [
            's3:GetObject',
            's3:GetObjectTagging',
            's3:PutObjectTagging',
            's3:DeleteObjectTagging',
          ],
          resources: [outputs.arnForObjects(own)],
        }),
        // AWS Batch checks a submission against queue, definition and job, and the share against
        // one of them: its documentation and its list of condition keys differ on which.
        new PolicyStatement({
          sid: 'SubmitToQueueWithOwnDefinition',
          actions: ['batch:SubmitJob'],
          resources: [arns.queue, definition, `${definition}:*`],
          conditions: {
            StringEquals: submitted,
            StringEqualsIfExists: { 'batch:ShareIdentifier': SELF },
          },
        }),
        new PolicyStatement({
          sid: 'SubmitOwnJob',
          actions: ['batch:SubmitJob'],
          resources: [arns.jobs],
          conditions: { StringEquals: { ...submitted, 'batch:ShareIdentifier': SELF } },
        }),
        // For the tags of a submitted job it asks by the queue and the definition: "not authorized to
        // perform batch:TagResource on resource ...:job-definition/...". Its documentation names the job.
        new PolicyStatement({
          sid: 'TagAtSubmission',
          actions: ['batch:TagResource'],
          resources: [arns.queue, definition, `${definition}:*`],
          conditions: {
            StringEquals: submitted,
            'ForAllValues:StringEquals': { 'aws:TagKeys': JOB_TAGS },
          },
        }),
        new PolicyStatement({
          sid: 'TagOwnJob',
          actions: ['batch:TagResource'],
          resources: [arns.jobs],
          // A new job has no tags yet; another's has.
          conditions: { StringEquals: submitted, StringEqualsIfExists: tagged },
        }),
        new PolicyStatement({
          sid: 'EndOwnJob',
          actions: ['batch:CancelJob', 'batch:TerminateJob'],
          resources: [arns.jobs],
          conditions: { StringEquals: tagged },
        }),
        new PolicyStatement({
          sid: 'SeePlaceInQueue',
          actions: ['batch:GetJobQueueSnapshot'],
          resources: [arns.queue],
        }),
        new PolicyStatement({
          sid: 'DescribeWithoutResources',
          actions: describeActions,
          resources: ['*'],
        }),
        new PolicyStatement({
          sid: 'ReadOwnLogs',
          actions: logActions,
          resources: [logGroup, `${logGroup}:*`],
        }),
        new PolicyStatement({
          sid: 'ReadSettings',
          actions: ['ssm:GetParameter'],
          resources: [arns.settings],
        }),
        new PolicyStatement({
          sid: 'ExplainWhyJobsWait',
          actions: explainActions,
          resources: [props.repository.repositoryArn, arns.ec2Quotas],
        }),
      ],
    });
  }
}
