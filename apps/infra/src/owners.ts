import { outputOfAccessKey, type StackConfig } from '@openevolve-aws/job-spec';
import { CfnOutput, type Stack, Tags } from 'aws-cdk-lib';
import { type Commons, OwnerAccess } from './owner-access.ts';
import { releaseVersion } from './release-version.ts';

/** Gives a group of owners what each of them needs, and tells where their access keys are. */
export function addOwners(
  stack: Stack,
  owners: readonly string[],
  config: StackConfig,
  commons: Commons,
): void {
  const imageTag = config.imageTag ?? releaseVersion();
  for (const owner of owners) {
    const { accessKey } = new OwnerAccess(stack, `Owner-${owner}`, {
      ...config,
      owner,
      imageTag,
      commons,
    });
    if (accessKey !== null) {
      new CfnOutput(stack, outputOfAccessKey(owner), { value: accessKey.secretArn });
    }
  }
}

/** For bills and for whoever looks at the account. */
export function tagAll(stack: Stack, environment: string): void {
  Tags.of(stack).add('Service', 'openevolve');
  Tags.of(stack).add('Environment', environment);
}
