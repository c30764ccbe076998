import type { StackConfig } from '@openevolve-aws/job-spec';
import { Aws, Duration } from 'aws-cdk-lib';
import { CfnBudget } from 'aws-cdk-lib/aws-budgets';
import {
  Alarm,
  ComparisonOperator,
  MathExpression,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { EventField, Rule, RuleTargetInput } from 'aws-cdk-lib/aws-events';
import { SnsTopic } from 'aws-cdk-lib/aws-events-targets';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Construct } from 'constructs';
import type { ResourceNames } from './names.ts';

/** Jobs commit within 30 s of anything new; one without a commit for so long saves nothing. */
const NO_COMMIT_FOR = Duration.minutes(30);

/** Per cent of the monthly budget. */
const BUDGET_ALERTS = [80, 100];

export interface AlertsProps
  extends Pick<StackConfig, 'environment' | 'alertEmail' | 'monthlyBudgetUsd'> {
  readonly names: ResourceNames;
  readonly jobQueueArn: string;
}

/**
 * Mail on a failed job, a queue whose first job cannot start, a job that no longer commits, and a
 * budget that is used up. Nothing arrives before the address has confirmed its subscription.
 *
 * The budget is the account's: one for a tag counts nothing until the tag is activated for billing,
 * and says nothing about that.
 */
export class Alerts extends Construct {
  readonly topic: Topic;

  constructor(scope: Construct, id: string, props: AlertsProps) {
    super(scope, id);
    this.topic = new Topic(this, 'Topic', {
      displayName: `OpenEvolve ${props.environment}`,
      enforceSSL: true,
    });
    this.topic.addSubscription(new EmailSubscription(props.alertEmail));
    // Not by AWS's own key: services could not use it, and no alert would arrive.
    for (const service of ['budgets', 'cloudwatch']) {
      this.topic.addToResourcePolicy(
        new PolicyStatement({
          sid: `From-${service}`,
          principals: [new ServicePrincipal(`${service}.amazonaws.com`)],
          actions: ['sns:Publish'],
          resources: [this.topic.topicArn],
          conditions: { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID } },
        }),
      );
    }
    this.#onBatchEvent('FailedJob', 'Batch Job State Change', 'failed', {
      jobQueue: [props.jobQueueArn],
      status: ['FAILED'],
    });
    this.#onBatchEvent('BlockedQueue', 'Batch Job Queue Blocked', 'cannot start', {
      jobQueue: [props.jobQueueArn],
    });
    this.#onMissingCommits(props.environment);
    this.#onBudget(props);
  }

  /** EventBridge is let into the topic by its target. */
  #onBatchEvent(id: string, detailType: string, what: string, detail: Record<string, string[]>) {
    const field = (name: string) => EventField.fromPath(`$.detail.${name}`);
    const text = `OpenEvolve: job ${field('jobName')} (${field('jobId')}) ${what}: ${field('statusReason')}. See: openevolve-aws explain ${field('jobId')}`;
    new Rule(this, id, {
      eventPattern: { source: ['aws.batch'], detailType: [detailType], detail },
      targets: [new SnsTopic(this.topic, { message: RuleTargetInput.fromText(text) })],
    });
  }

  #onMissingCommits(environment: string) {
    new Alarm(this, 'NoCommits', {
      alarmDescription: `An OpenEvolve job has not saved its work for ${NO_COMMIT_FOR.toMinutes()} minutes`,
      metric: new MathExpression({
        expression: `SELECT MAX(LastCommitAge) FROM SCHEMA("OpenEvolve", "Environment", "Owner") WHERE "Environment" = '${environment}'`,
        label: 'oldest last commit of a running job, seconds',
        usingMetrics: {},
        period: Duration.minutes(1),
      }),
      threshold: NO_COMMIT_FOR.toSeconds(),
      comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
      evaluationPeriods: 3,
      // No job runs, no figure comes.
      treatMissingData: TreatMissingData.NOT_BREACHING,
    }).addAlarmAction(new SnsAction(this.topic));
  }

  #onBudget({ names, monthlyBudgetUsd }: AlertsProps) {
    const budget = new CfnBudget(this, 'Budget', {
      budget: {
        budgetName: names.budget,
        budgetType: 'COST',
        timeUnit: 'MONTHLY',
        budgetLimit: { amount: monthlyBudgetUsd, unit: 'USD' },
      },
      notificationsWithSubscribers: BUDGET_ALERTS.map((threshold) => ({
        notification: {
          notificationType: 'ACTUAL',
          comparisonOperator: 'GREATER_THAN',
          thresholdType: 'PERCENTAGE',
          threshold,
        },
        subscribers: [{ subscriptionType: 'SNS', address: this.topic.topicArn }],
      })),
    });
    // Budgets tries the topic when it is told of it.
    budget.node.addDependency(this.topic.node.findChild('Policy'));
  }
}
