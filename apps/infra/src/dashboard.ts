import { Duration } from 'aws-cdk-lib';
import {
  Dashboard as CloudWatchDashboard,
  GraphWidget,
  type IMetric,
  LogQueryVisualizationType,
  LogQueryWidget,
  MathExpression,
  Metric,
} from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import type { ResourceNames } from './names.ts';
import { errors, groupsOfQueries, jobsByState } from './saved-queries.ts';

export interface DashboardProps {
  readonly environment: string;
  readonly names: ResourceNames;
  readonly owners: readonly string[];
  readonly jobEventsLog: string;
}

/**
 * The environment at one sight. Metrics are those that its jobs write to their logs; states of jobs
 * are counted from AWS Batch's events.
 */
export class Dashboard extends Construct {
  constructor(scope: Construct, id: string, props: DashboardProps) {
    super(scope, id);
    const { environment, names, owners, jobEventsLog } = props;
    const ofJobs = (title: string, metric: string, statistic: string) =>
      graph(title, [search(environment, metric, statistic)]);
    new CloudWatchDashboard(this, 'Dashboard', {
      dashboardName: names.dashboard,
      defaultInterval: Duration.days(1),
      widgets: [
        [
          new LogQueryWidget({
            title: 'Jobs by state',
            logGroupNames: [jobEventsLog],
            queryLines: jobsByState,
            view: LogQueryVisualizationType.STACKEDAREA,
            width: 12,
          }),
          ofJobs('Best score', 'BestScore', 'Maximum'),
        ],
        [
          ofJobs('Iterations a minute', 'IterationThroughput', 'Average'),
          ofJobs('Candidates an hour', 'CandidatesPerHour', 'Average'),
        ],
        [
          graph('Workers of all jobs', [
            sum(environment, 'Workers', 'all'),
            sum(environment, 'WorkersWaitingForModel', 'waiting for the model'),
            sum(environment, 'WorkersWaitingForSlot', 'waiting for an evaluation to end'),
            sum(environment, 'Evaluations', 'evaluating'),
          ]),
          ofJobs('vCPUs used', 'VcpusUsed', 'Average'),
        ],
        [
          ofJobs('Share of model calls that succeed', 'LLMCallSuccessRate', 'Average'),
          ofJobs('Paid for model calls, USD', 'LLMUsd', 'Maximum'),
        ],
        [
          ofJobs('Age of the last commit, seconds', 'LastCommitAge', 'Maximum'),
          ofJobs('Iterations that a kill would cost now', 'LossWindowIterations', 'Maximum'),
        ],
        [
          new GraphWidget({
            title: "The account's spending this month, USD",
            width: 12,
            // Kept in this region alone, and only where billing metrics are switched on.
            region: 'us-east-1',
            left: [
              new Metric({
                namespace: 'AWS/Billing',
                metricName: 'EstimatedCharges',
                dimensionsMap: { Currency: 'USD' },
                statistic: 'Maximum',
                period: Duration.hours(6),
                region: 'us-east-1',
              }),
            ],
          }),
        ],
        ...groupsOfQueries(names, owners).map((logGroupNames) => [
          new LogQueryWidget({ title: 'Errors', logGroupNames, queryLines: errors, width: 24 }),
        ]),
      ],
    });
  }
}

function graph(title: string, left: IMetric[]): GraphWidget {
  return new GraphWidget({ title, width: 12, left });
}

/** A line for each job of the environment that wrote the metric. */
function search(environment: string, metric: string, statistic: string): MathExpression {
  return expressionOf(searchFor(environment, metric, statistic), '');
}

/** One line: the metric of all jobs together. */
function sum(environment: string, metric: string, label: string): MathExpression {
  return expressionOf(`SUM(${searchFor(environment, metric, 'Average')})`, label);
}

function searchFor(environment: string, metric: string, statistic: string): string {
  return `SEARCH('{OpenEvolve,Environment,Owner,JobShortId} MetricName="${metric}" Environment="${environment}"', '${statistic}', 60)`;
}

function expressionOf(expression: string, label: string): MathExpression {
  return new MathExpression({ expression, label, usingMetrics: {}, period: Duration.minutes(1) });
}
