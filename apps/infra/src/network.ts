import type { StackConfig } from '@openevolve-aws/job-spec';
import { RemovalPolicy } from 'aws-cdk-lib';
import {
  FlowLogDestination,
  FlowLogTrafficType,
  GatewayVpcEndpointAwsService,
  InterfaceVpcEndpointAwsService,
  IpAddresses,
  Peer,
  Port,
  SecurityGroup,
  SubnetType,
  Vpc,
} from 'aws-cdk-lib/aws-ec2';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';

export interface NetworkProps {
  readonly network: StackConfig['network'];
}

/**
 * Two zones, nothing comes in, only HTTPS goes out, S3 by a gateway endpoint that costs nothing.
 * `public` machines have an address of their own and no NAT gateway; `private` ones have none and
 * share a NAT gateway, with image layers past it through endpoints. Refused traffic is logged.
 *
 * @example
 * const network = new Network(this, 'Network', { network: 'public' });
 */
export class Network extends Construct {
  readonly vpc: Vpc;
  readonly machines: SecurityGroup;

  constructor(scope: Construct, id: string, { network }: NetworkProps) {
    super(scope, id);
    const isPrivate = network === 'private';
    this.vpc = new Vpc(this, 'Vpc', {
      ipAddresses: IpAddresses.cidr('10.0.0.0/16'),
      maxAzs: 2,
      natGateways: isPrivate ? 1 : 0,
      subnetConfiguration: [
        { name: 'public', subnetType: SubnetType.PUBLIC, cidrMask: 20 },
        ...(isPrivate
          ? [{ name: 'private', subnetType: SubnetType.PRIVATE_WITH_EGRESS, cidrMask: 20 }]
          : []),
      ],
      gatewayEndpoints: { s3: { service: GatewayVpcEndpointAwsService.S3 } },
    });
    if (isPrivate) {
      this.vpc.addInterfaceEndpoint('ImageApi', { service: InterfaceVpcEndpointAwsService.ECR });
      this.vpc.addInterfaceEndpoint('ImageLayers', {
        service: InterfaceVpcEndpointAwsService.ECR_DOCKER,
      });
    }
    this.vpc.addFlowLog('Refused', {
      trafficType: FlowLogTrafficType.REJECT,
      destination: FlowLogDestination.toCloudWatchLogs(
        new LogGroup(this, 'RefusedTraffic', {
          retention: RetentionDays.ONE_MONTH,
          removalPolicy: RemovalPolicy.DESTROY,
        }),
      ),
    });
    this.machines = new SecurityGroup(this, 'Machines', {
      vpc: this.vpc,
      description: 'OpenEvolve job machines: nothing in, HTTPS out',
      allowAllOutbound: false,
    });
    this.machines.addEgressRule(Peer.anyIpv4(), Port.HTTPS, 'models, packages and AWS');
  }
}
