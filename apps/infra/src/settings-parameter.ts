import type { Settings } from '@openevolve-aws/job-spec';
import { Stack } from 'aws-cdk-lib';
import { StringParameter } from 'aws-cdk-lib/aws-ssm';
import { Construct } from 'constructs';

export interface SettingsParameterProps {
  readonly name: string;
  readonly settings: Settings;
}

/** Where the command and the SDK learn the rest from when they know region and environment. */
export class SettingsParameter extends Construct {
  constructor(scope: Construct, id: string, { name, settings }: SettingsParameterProps) {
    super(scope, id);
    new StringParameter(this, 'Settings', {
      parameterName: name,
      description: 'OpenEvolve: where jobs go',
      stringValue: Stack.of(this).toJsonString(settings),
    });
  }
}
