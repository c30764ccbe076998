import {
  BlockDeviceVolume,
  type CfnLaunchTemplate,
  EbsDeviceVolumeType,
  LaunchTemplate,
  LaunchTemplateHttpTokens,
  MultipartBody,
  MultipartUserData,
  UserData,
} from 'aws-cdk-lib/aws-ec2';
import { Construct } from 'constructs';
import { InfraError } from './errors.ts';
import { hostCommands, MAX_USER_DATA_BYTES } from './host.ts';

/** The image's layers and what a job's packages take; a job's own work is in memory. */
const ROOT_VOLUME_GIB = 50;

/**
 * How the machines of jobs start: encrypted disks, metadata by token only and not through a
 * bridge, the notice unit and the firewall rule of {@link hostCommands}.
 */
export class MachineTemplate extends Construct {
  readonly template: LaunchTemplate;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    const shell = UserData.forLinux();
    shell.addCommands('set -e', ...hostCommands());
    // AWS Batch puts parts of its own beside ours, and takes nothing but MIME parts.
    const userData = new MultipartUserData();
    userData.addPart(
      MultipartBody.fromRawBody({
        contentType: 'text/x-shellscript; charset="utf-8"',
        body: shell.render(),
      }),
    );
    const bytes = Buffer.byteLength(userData.render());
    if (bytes > MAX_USER_DATA_BYTES) {
      throw new InfraError(
        'USER_DATA_TOO_LONG',
        `The machines' user data has ${bytes} bytes, and EC2 takes ${MAX_USER_DATA_BYTES}. Make the files in apps/infra/host shorter.`,
      );
    }
    this.template = new LaunchTemplate(this, 'Template', {
      userData,
      requireImdsv2: true,
      httpTokens: LaunchTemplateHttpTokens.REQUIRED,
      httpPutResponseHopLimit: 1,
      instanceMetadataTags: false,
      blockDevices: [
        {
          deviceName: '/dev/xvda',
          volume: BlockDeviceVolume.ebs(ROOT_VOLUME_GIB, {
            volumeType: EbsDeviceVolumeType.GP3,
            encrypted: true,
          }),
        },
      ],
    });
    // The firewall rule closes the IPv4 address; the other one is not opened.
    (this.template.node.defaultChild as CfnLaunchTemplate).addPropertyOverride(
      'LaunchTemplateData.MetadataOptions.HttpProtocolIpv6',
      'disabled',
    );
  }
}
