import type { StackConfig } from '@openevolve-aws/job-spec';
import {
  CfnWaitConditionHandle,
  CrossStackReferences,
  ReferenceStrength,
  Stack,
} from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { resourceNames } from './names.ts';
import type { Commons } from './owner-access.ts';
import { addOwners, tagAll } from './owners.ts';

export interface UsersStackProps {
  readonly config: StackConfig;
  /** From 1: the position of the group in the configuration's `moreUsers`. */
  readonly number: number;
  readonly users: readonly string[];
  readonly commons: Commons;
}

/** A further group of users of an environment, who may all have left. */
export class UsersStack extends Stack {
  constructor(scope: Construct, id: string, props: UsersStackProps) {
    const { environment, region } = props.config;
    super(scope, id, {
      stackName: resourceNames(environment).usersStack(props.number),
      description: `OpenEvolve users, group ${props.number} (${environment})`,
      env: { region },
    });
    // By export and import: the first stack stays while this one uses it.
    CrossStackReferences.of(this).consume(ReferenceStrength.STRONG);
    tagAll(this, environment);
    addOwners(this, props.users, props.config, props.commons);
    if (props.users.length === 0) {
      // CloudFormation keeps no stack without a resource. This one does nothing and costs nothing.
      new CfnWaitConditionHandle(this, 'NoUsers');
    }
  }
}
