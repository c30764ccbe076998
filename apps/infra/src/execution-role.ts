import { Aws } from 'aws-cdk-lib';
import type { IRepository } from 'aws-cdk-lib/aws-ecr';
import {
  type IRole,
  PolicyDocument,
  PolicyStatement,
  Role,
  ServicePrincipal,
} from 'aws-cdk-lib/aws-iam';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import type { ResourceNames } from './names.ts';

export interface ExecutionRoleProps {
  readonly names: ResourceNames;
  readonly repository: IRepository;
  readonly secret: ISecret;
}

/**
 * What AWS itself does to start a job: pull the image, read the provider's key, write the log. One
 * role for all owners, which no container ever holds. Its rights are whole from the start, whatever
 * a job definition asks to add: otherwise it would grow with every owner's log group.
 */
export class ExecutionRole extends Construct {
  readonly role: IRole;

  constructor(scope: Construct, id: string, { names, repository, secret }: ExecutionRoleProps) {
    super(scope, id);
    this.role = new Role(this, 'Role', {
      description: 'OpenEvolve: starts the containers of jobs',
      assumedBy: new ServicePrincipal('ecs-tasks.amazonaws.com'),
      inlinePolicies: {
        StartJobs: new PolicyDocument({
          statements: [
            new PolicyStatement({ actions: ['ecr:GetAuthorizationToken'], resources: ['*'] }),
            new PolicyStatement({
              actions: [
                'ecr:BatchCheckLayerAvailability',
                'ecr:BatchGetImage',
                'ecr:GetDownloadUrlForLayer',
              ],
              resources: [repository.repositoryArn],
            }),
            new PolicyStatement({
              actions: ['secretsmanager:GetSecretValue'],
              resources: [secret.secretArn],
            }),
            new PolicyStatement({
              actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
              resources: [
                `arn:${Aws.PARTITION}:logs:${Aws.REGION}:${Aws.ACCOUNT_ID}:log-group:${names.logGroup}/*`,
              ],
            }),
          ],
        }),
      },
    }).withoutPolicyUpdates();
  }
}
