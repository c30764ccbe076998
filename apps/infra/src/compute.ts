import type { StackConfig } from '@openevolve-aws/job-spec';
import { Duration } from 'aws-cdk-lib';
import {
  AllocationStrategy,
  type CfnComputeEnvironment,
  EcsMachineImageType,
  ManagedEc2EcsComputeEnvironment,
  type ManagedEc2EcsComputeEnvironmentProps,
} from 'aws-cdk-lib/aws-batch';
import { InstanceType } from 'aws-cdk-lib/aws-ec2';
import { Construct } from 'constructs';
import { MachineRole } from './machine-role.ts';
import { MachineTemplate } from './machine-template.ts';
import type { Network } from './network.ts';
import { splitVcpus } from './vcpus.ts';

export interface ComputeProps
  extends Pick<StackConfig, 'maxVcpus' | 'instanceTypes' | 'spotAllocation'> {
  readonly network: Network;
}

/**
 * Spot machines, and On-Demand ones for what Spot has no room for. Both are empty when no job
 * waits. A change of the machines ends no running job for six hours, the longest that AWS Batch
 * waits; one that runs on then goes on from its last commit in another attempt.
 *
 * AWS Batch may pass a limit by one machine:
 * https://docs.aws.amazon.com/batch/latest/userguide/allocation-strategies.html
 */
export class Compute extends Construct {
  readonly spot: ManagedEc2EcsComputeEnvironment;
  readonly onDemand: ManagedEc2EcsComputeEnvironment;

  constructor(scope: Construct, id: string, props: ComputeProps) {
    super(scope, id);
    const { template } = new MachineTemplate(this, 'Machines');
    const limits = splitVcpus(props.maxVcpus);
    const shared = {
      vpc: props.network.vpc,
      securityGroups: [props.network.machines],
      instanceTypes: props.instanceTypes.map((type) => new InstanceType(type)),
      useOptimalInstanceClasses: false,
      images: [{ imageType: EcsMachineImageType.ECS_AL2023 }],
      launchTemplate: template,
      instanceRole: new MachineRole(this, 'MachineRole').role,
      minvCpus: 0,
      updateToLatestImageVersion: true,
      terminateOnUpdate: false,
      updateTimeout: Duration.hours(6),
    } satisfies ManagedEc2EcsComputeEnvironmentProps;
    this.spot = new ManagedEc2EcsComputeEnvironment(this, 'Spot', {
      ...shared,
      spot: true,
      allocationStrategy: AllocationStrategy[props.spotAllocation],
      maxvCpus: limits.spot,
    });
    this.onDemand = new ManagedEc2EcsComputeEnvironment(this, 'OnDemand', {
      ...shared,
      allocationStrategy: AllocationStrategy.BEST_FIT_PROGRESSIVE,
      maxvCpus: limits.onDemand,
    });
    for (const environment of [this.spot, this.onDemand]) {
      // Without a version AWS Batch stays with the template's default one, which is the first.
      (environment.node.defaultChild as CfnComputeEnvironment).addPropertyOverride(
        'ComputeResources.LaunchTemplate.Version',
        template.latestVersionNumber,
      );
    }
  }
}
