import { Aws } from 'aws-cdk-lib';
import { PolicyDocument, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';

/**
 * The role of the machines themselves: what the ECS agent needs to join AWS Batch's cluster and to
 * run tasks, and no more. AWS's managed policy would also let it pull every image and write every
 * log of the account; tasks do both with a role of their own.
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/instance_IAM_role.html
 */
export class MachineRole extends Construct {
  readonly role: Role;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    const cluster = `arn:${Aws.PARTITION}:ecs:${Aws.REGION}:${Aws.ACCOUNT_ID}:cluster/*`;
    const machine = `arn:${Aws.PARTITION}:ecs:${Aws.REGION}:${Aws.ACCOUNT_ID}:container-instance/*`;
    this.role = new Role(this, 'Role', {
      description: 'OpenEvolve: the ECS agent of job machines',
      assumedBy: new ServicePrincipal('ec2.amazonaws.com'),
      inlinePolicies: {
        EcsAgent: new PolicyDocument({
          statements: [
            new PolicyStatement({
              // Asks where the service is: it knows no resource.
              actions: ['ecs:DiscoverPollEndpoint'],
              resources: ['*'],
            }),
            new PolicyStatement({
              actions: [
                'ecs:RegisterContainerInstance',
                'ecs:DeregisterContainerInstance',
                'ecs:SubmitAttachmentStateChanges',
                'ecs:SubmitContainerStateChange',
                'ecs:SubmitTaskStateChange',
                'ecs:TagResource',
              ],
              resources: [cluster, machine],
            }),
            new PolicyStatement({
              actions: [
                'ecs:Poll',
                'ecs:StartTelemetrySession',
                'ecs:UpdateContainerInstancesState',
              ],
              resources: [machine],
            }),
          ],
        }),
      },
    });
  }
}
