import { stackConfigSchema } from '@openevolve-aws/job-spec';
import { CfnResource, Stack } from 'aws-cdk-lib';
import { addEnvironment, newApp } from '../../src/app.ts';
import { readStackConfig } from '../../src/read-config.ts';
import { guideConfig } from '../synthesize.ts';

/** In the place of a key that IAM makes. */
const MADE_UP_KEY = '{"access_key_id":"AKIAIOSFODNN7EXAMPLE","secret_access_key":"made-up"}';

// The app as an emulator can take it, synthesised so from the start: a template that is changed
// afterwards keeps the name of the whole one in the CDK's bucket.
const emulator = process.argv[2];
const app = newApp();
const file: string | undefined = app.node.tryGetContext('config');
const stack = addEnvironment(
  app,
  file === undefined
    ? stackConfigSchema.parse({
        ...guideConfig,
        ...(emulator === 'moto' ? { accessKeys: ['alice'] } : {}),
      })
    : await readStackConfig(file),
);
const resources = stack.node
  .findAll()
  .filter((it): it is CfnResource => CfnResource.isCfnResource(it));
const ofType = (type: string) =>
  resources.filter(({ cfnResourceType }) => cfnResourceType === type);

if (emulator === 'ministack') {
  withoutTypesOfMinistack();
} else {
  asMotoReadsIt();
}
app.synth();

/** ministack refuses a template with types that it does not know. */
function withoutTypesOfMinistack(): void {
  const unknown =
    /^AWS::(Batch::.*|Budgets::Budget|CloudWatch::Alarm|EC2::FlowLog|IAM::(AccessKey|Group)|Logs::QueryDefinition)$/;
  for (const user of ofType('AWS::IAM::User')) {
    user.addPropertyDeletionOverride('Groups');
  }
  for (const rule of ofType('AWS::Events::Rule')) {
    rule.addPropertyOverride('EventPattern.detail.jobQueue', ['queue']);
  }
  for (const secret of ofType('AWS::SecretsManager::Secret')) {
    if (secret.node.path.includes('AccessKey')) {
      secret.addPropertyOverride('SecretString', MADE_UP_KEY);
    }
  }
  for (const resource of resources) {
    if (unknown.test(resource.cfnResourceType)) {
      resource.node.scope?.node.tryRemoveChild(resource.node.id);
    }
  }
}

/** moto reads some properties otherwise than AWS, and has no ARN of some resources. */
function asMotoReadsIt(): void {
  for (const environment of ofType('AWS::Batch::ComputeEnvironment')) {
    environment.addPropertyOverride('Type', 'MANAGED');
    environment.addPropertyOverride('ServiceRole', {
      'Fn::GetAtt': [logicalId(/^ExecutionRole/), 'Arn'],
    });
  }
  for (const queue of ofType('AWS::Batch::JobQueue')) {
    queue.addPropertyOverride('ComputeEnvironmentOrder', [
      { Order: 1, ComputeEnvironment: { Ref: logicalId(/^ComputeSpot[0-9A-F]{8}$/) } },
      { Order: 2, ComputeEnvironment: { Ref: logicalId(/^ComputeOnDemand[0-9A-F]{8}$/) } },
    ]);
    queue.addPropertyOverride(
      'SchedulingPolicyArn',
      'arn:aws:batch:us-east-1:123456789012:scheduling-policy/x',
    );
  }
  for (const rule of ofType('AWS::Events::Rule')) {
    rule.addPropertyOverride('EventPattern.detail.jobQueue', [{ Ref: logicalId(/^QueueJobs/) }]);
  }
  for (const parameter of ofType('AWS::SSM::Parameter')) {
    parameter.addPropertyDeletionOverride('Tags');
  }
}

function logicalId(pattern: RegExp): string {
  const id = resources.map((it) => Stack.of(it).getLogicalId(it)).find((it) => pattern.test(it));
  if (id === undefined) {
    throw new TypeError(`no resource ${pattern}`);
  }
  return id;
}
