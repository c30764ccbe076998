import { Duration } from 'aws-cdk-lib';
import {
  Dashboard as CloudWatchDashboard,
  GraphWidget,
  LogQueryVisualizationType,
  LogQueryWidget,
  MathExpression,
  Metric,
} from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import type { ResourceNames } from './names.ts';
import { errors, groupsOfQueries, jobsByState } from './saved-queries.ts';

export interface DashboardProps {
  readonly names: ResourceNames;
  readonly owners: readonly string[];
  readonly jobEventsLog: string;
}

/**
 * The environment at one sight. Metrics are those that jobs write to their logs; states of jobs are
 * counted from AWS Batch's events.
 */
export class Dashboard extends Construct {
  constructor(scope: Construct, id: string, { names, owners, jobEventsLog }: DashboardProps) {
    super(scope, id);
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
          ofJobs('Share of model calls that succeed', 'LLMCallSuccessRate', 'Average'),
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

function ofJobs(title: string, metric: string, statistic: string): GraphWidget {
  return new GraphWidget({
    title,
    width: 12,
    left: [
      new MathExpression({
        expression: `SEARCH('{OpenEvolve,Owner,JobShortId} MetricName="${metric}"', '${statistic}', 60)`,
        label: '',
        usingMetrics: {},
        period: Duration.minutes(1),
      }),
    ],
  });
}
