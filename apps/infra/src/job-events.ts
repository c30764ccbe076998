import { ArnFormat, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Rule } from 'aws-cdk-lib/aws-events';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { LogGroup, ResourcePolicy, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { ResourceNames } from './names.ts';

export interface JobEventsProps {
  readonly names: ResourceNames;
  readonly jobQueueArn: string;
}

/**
 * Every change of a job's state, kept as a log: AWS Batch publishes no metric of states and forgets
 * jobs after some days.
 */
export class JobEvents extends Construct {
  readonly log: LogGroup;

  constructor(scope: Construct, id: string, { names, jobQueueArn }: JobEventsProps) {
    super(scope, id);
    this.log = new LogGroup(this, 'Log', {
      retention: RetentionDays.THREE_MONTHS,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    new ResourcePolicy(this, 'FromEventBridge', {
      // The log group's own would have the same name in every environment of the account.
      resourcePolicyName: names.jobEventsPolicy,
      policyStatements: [
        new PolicyStatement({
          principals: [
            new ServicePrincipal('events.amazonaws.com'),
            new ServicePrincipal('delivery.logs.amazonaws.com'),
          ],
          actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
          resources: [this.log.logGroupArn],
        }),
      ],
    });
    // The CDK's own target for log groups brings a Lambda function to write the policy above.
    const arn = Stack.of(this).formatArn({
      service: 'logs',
      resource: 'log-group',
      resourceName: this.log.logGroupName,
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    });
    new Rule(this, 'StateChanges', {
      eventPattern: {
        source: ['aws.batch'],
        detailType: ['Batch Job State Change'],
        detail: { jobQueue: [jobQueueArn] },
      },
      targets: [{ bind: () => ({ arn }) }],
    });
  }
}
