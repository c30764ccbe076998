import type { OutputName, StackConfig } from '@openevolve-aws/job-spec';
import { CfnOutput, Stack } from 'aws-cdk-lib';
import { Group } from 'aws-cdk-lib/aws-iam';
import type { Bucket, CfnBucket } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import { Alerts } from './alerts.ts';
import { Compute } from './compute.ts';
import { Dashboard } from './dashboard.ts';
import { ExecutionRole } from './execution-role.ts';
import { ImageRepository } from './image-repository.ts';
import { JobEvents } from './job-events.ts';
import { resourceNames } from './names.ts';
import { Network } from './network.ts';
import type { Commons } from './owner-access.ts';
import { addOwners, tagAll } from './owners.ts';
import { PermissionBoundary } from './permission-boundary.ts';
import { ProviderKey } from './provider-key.ts';
import { Queue } from './queue.ts';
import { releaseVersion } from './release-version.ts';
import { SavedQueries } from './saved-queries.ts';
import { SettingsParameter } from './settings-parameter.ts';
import { Storage } from './storage.ts';
import { UserPolicy } from './user-policy.ts';

export interface OpenEvolveStackProps {
  readonly config: StackConfig;
}

/**
 * One environment of OpenEvolve in AWS, with its first group of users. Further groups have a stack
 * of their own each, {@link UsersStack}, since CloudFormation limits the size of one.
 *
 * Outputs are those of {@link OutputName}, and one for each access key.
 *
 * @example
 * new OpenEvolveStack(app, 'OpenEvolve', { config });
 */
export class OpenEvolveStack extends Stack {
  readonly storage: Storage;
  /** What the stacks of further users build on. */
  readonly commons: Commons;

  constructor(scope: Construct, id: string, { config }: OpenEvolveStackProps) {
    const { environment, region } = config;
    const names = resourceNames(environment);
    super(scope, id, {
      stackName: names.stack,
      description: `OpenEvolve on AWS Spot machines (${environment})`,
      env: { region },
    });
    tagAll(this, environment);
    this.storage = new Storage(this, 'Storage');
    keepIdentity(this.storage.inputs, 'Inputs');
    keepIdentity(this.storage.outputs, 'Outputs');
    const imageTag = config.imageTag ?? releaseVersion();
    const { repository } = new ImageRepository(this, 'Repository', {
      name: names.repository,
      imageTag,
    });
    const { secret } = new ProviderKey(this, 'ProviderKey');

    const network = new Network(this, 'Network', config);
    const compute = new Compute(this, 'Compute', { ...config, network });
    const { queue } = new Queue(this, 'Queue', { name: names.jobQueue, compute });

    const access = { names, environment, repository, ...this.storage };
    const { policy } = new UserPolicy(this, 'UserPolicy', access);
    // There too where nobody signs in as an IAM user: those of further groups may still be in it.
    const userGroup = new Group(this, 'Users', {
      groupName: names.userGroup,
      managedPolicies: [policy],
    });
    this.commons = {
      ...access,
      secret,
      executionRole: new ExecutionRole(this, 'ExecutionRole', { names, repository, secret }).role,
      boundary: new PermissionBoundary(this, 'Boundary', access).policy,
      userGroup: config.signIn === 'iam-users' ? userGroup : null,
    };
    if (config.moreUsers.length > 0) {
      this.#keepExports(userGroup);
    }
    addOwners(this, config.users, config, this.commons);

    const { topic } = new Alerts(this, 'Alerts', {
      ...config,
      names,
      jobQueueArn: queue.jobQueueArn,
    });
    const events = new JobEvents(this, 'JobEvents', { names, jobQueueArn: queue.jobQueueArn });
    const views = {
      environment,
      names,
      owners: [...config.users, ...config.moreUsers.flat()],
      jobEventsLog: events.log.logGroupName,
    };
    new Dashboard(this, 'Dashboard', views);
    new SavedQueries(this, 'SavedQueries', views);

    const inputBucket = this.storage.inputs.bucketName;
    const outputBucket = this.storage.outputs.bucketName;
    new SettingsParameter(this, 'Settings', {
      name: names.settings,
      settings: {
        version: 1,
        environment,
        region,
        inputBucket,
        outputBucket,
        // Its name and not a reference: a Ref of a queue is its ARN.
        jobQueue: names.jobQueue,
        jobDefinition: names.jobDefinition,
        logGroup: names.logGroup,
        alertTopicArn: topic.topicArn,
        secretArn: secret.secretArn,
      },
    });
    const outputs: Record<OutputName, string> = {
      EcrRepositoryUrl: repository.repositoryUri,
      InputBucket: inputBucket,
      OutputBucket: outputBucket,
      JobQueue: names.jobQueue,
      JobDefinition: names.jobDefinition,
      Region: region,
      GeminiSecretArn: secret.secretArn,
    };
    for (const [name, value] of Object.entries(outputs)) {
      new CfnOutput(this, name, { value });
    }
  }

  /**
   * Exports what stacks of further users import, whether they still do or not: this stack is
   * deployed before them, and CloudFormation lets no export go that a deployed stack imports.
   */
  #keepExports(userGroup: Group): void {
    const { inputs, outputs, repository, executionRole, secret, boundary } = this.commons;
    for (const imported of [
      inputs.bucketArn,
      outputs.bucketArn,
      repository.repositoryArn,
      repository.repositoryName,
      executionRole.roleArn,
      secret.secretArn,
      boundary.managedPolicyArn,
      userGroup.groupName,
    ]) {
      this.exportValue(imported);
    }
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
