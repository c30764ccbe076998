import { Aws } from 'aws-cdk-lib';
import type { ResourceNames } from './names.ts';

/**
 * ARNs for policies, made from names: they hold before the resource is there, and across stacks.
 *
 * @example
 * environmentArns(resourceNames('prod')).definition('alice');
 * // arn:...:job-definition/openevolve-prod-job-alice
 */
export function environmentArns(names: ResourceNames) {
  return {
    queue: arn('batch', `job-queue/${names.jobQueue}`),
    jobs: arn('batch', 'job/*'),
    definition: (owner: string) => arn('batch', `job-definition/${names.jobDefinition}-${owner}`),
    logGroup: (owner: string) => arn('logs', `log-group:${names.logGroup}/${owner}`),
    settings: arn('ssm', `parameter${names.settings}`),
    ec2Quotas: arn('servicequotas', 'ec2/*'),
  } as const;
}

function arn(service: string, resource: string): string {
  return `arn:${Aws.PARTITION}:${service}:${Aws.REGION}:${Aws.ACCOUNT_ID}:${resource}`;
}
