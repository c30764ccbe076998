import type { StackConfig } from '@openevolve-aws/job-spec';
import { RemovalPolicy, SecretValue, Tags } from 'aws-cdk-lib';
import type { IRepository } from 'aws-cdk-lib/aws-ecr';
import { AccessKey, type IGroup, type IManagedPolicy, type IRole, User } from 'aws-cdk-lib/aws-iam';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import { type ISecret, Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { JobDefinition } from './job-definition.ts';
import { JobRole } from './job-role.ts';
import { OWNER_TAG, type ResourceNames } from './names.ts';

/** What all owners of an environment have in common. */
export interface Commons {
  readonly names: ResourceNames;
  readonly environment: string;
  readonly inputs: IBucket;
  readonly outputs: IBucket;
  readonly repository: IRepository;
  readonly secret: ISecret;
  readonly executionRole: IRole;
  readonly boundary: IManagedPolicy;
  /** None where people sign in by Identity Center. */
  readonly userGroup: IGroup | null;
}

export interface OwnerAccessProps extends Pick<StackConfig, 'attempts' | 'accessKeys'> {
  readonly owner: string;
  readonly imageTag: string;
  readonly commons: Commons;
}

/**
 * All that one owner has: job role, log group, job definition, and where IAM users are asked for,
 * the user, with an access key in Secrets Manager if that was asked for too.
 */
export class OwnerAccess extends Construct {
  /** The secret with `access_key_id` and `secret_access_key`, or null without a key. */
  readonly accessKey: Secret | null = null;

  constructor(scope: Construct, id: string, props: OwnerAccessProps) {
    super(scope, id);
    const { owner, commons } = props;
    const { names, userGroup } = commons;
    const logGroup = new LogGroup(this, 'Log', {
      logGroupName: `${names.logGroup}/${owner}`,
      retention: RetentionDays.ONE_MONTH,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    new JobDefinition(this, 'Job', {
      ...commons,
      name: `${names.jobDefinition}-${owner}`,
      imageTag: props.imageTag,
      attempts: props.attempts,
      jobRole: new JobRole(this, 'JobRole', { ...commons, owner }).role,
      logGroup,
    });
    if (userGroup === null) {
      return;
    }
    const user = new User(this, 'User', {
      userName: `${names.iamUser}-${owner}`,
      groups: [userGroup],
      permissionsBoundary: commons.boundary,
    });
    Tags.of(user).add(OWNER_TAG, owner);
    if (props.accessKeys.includes(owner)) {
      const key = new AccessKey(this, 'AccessKey', { user });
      this.accessKey = new Secret(this, 'AccessKeySecret', {
        description: `OpenEvolve: access key of ${user.userName}`,
        secretObjectValue: {
          access_key_id: SecretValue.unsafePlainText(key.accessKeyId),
          secret_access_key: key.secretAccessKey,
        },
        removalPolicy: RemovalPolicy.DESTROY,
      });
    }
  }
}
