import { CfnQueryDefinition } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { ResourceNames } from './names.ts';

/** CloudWatch Logs Insights reads no more groups in one query. */
const GROUPS_IN_A_QUERY = 50;

/** Logs Insights: newest first, what the software itself calls a failure. */
export const errors = [
  'fields @timestamp, @log, @message',
  'filter @message like /^ERROR/',
  'sort @timestamp desc',
  'limit 100',
];

/** Logs Insights over the log of job events. */
export const jobsByState = [
  'stats count(*) as jobs by bin(1h), detail.status',
  'sort @timestamp desc',
];
const endedJobs = [
  'filter detail.status in ["SUCCEEDED", "FAILED"]',
  'fields @timestamp, detail.jobName, detail.status, detail.statusReason, detail.attempts.0.container.exitCode',
  'sort @timestamp desc',
  'limit 100',
];
const bestScores = [
  'filter ispresent(BestScore)',
  'stats max(BestScore) as best, sum(IterationThroughput) as iterations by Owner, JobShortId',
  'sort best desc',
];

export interface SavedQueriesProps {
  readonly names: ResourceNames;
  readonly owners: readonly string[];
  readonly jobEventsLog: string;
}

/**
 * Questions to the logs, ready in CloudWatch Logs Insights. Those about jobs' logs are saved over
 * the first 50 owners; others can be chosen there.
 */
export class SavedQueries extends Construct {
  constructor(scope: Construct, id: string, { names, owners, jobEventsLog }: SavedQueriesProps) {
    super(scope, id);
    const [jobLogs = []] = groupsOfQueries(names, owners);
    const queries = [
      { name: 'errors', logGroupNames: jobLogs, lines: errors },
      { name: 'best-scores', logGroupNames: jobLogs, lines: bestScores },
      { name: 'jobs-by-state', logGroupNames: [jobEventsLog], lines: jobsByState },
      { name: 'ended-jobs', logGroupNames: [jobEventsLog], lines: endedJobs },
    ];
    for (const { name, logGroupNames, lines } of queries) {
      new CfnQueryDefinition(this, name, {
        name: `${names.savedQueries}/${name}`,
        logGroupNames,
        queryString: lines.join('\n| '),
      });
    }
  }
}

/** The owners' log groups, as many together as one query can read. */
export function groupsOfQueries(names: ResourceNames, owners: readonly string[]): string[][] {
  const groups = owners.map((owner) => `${names.logGroup}/${owner}`);
  return Array.from({ length: Math.ceil(groups.length / GROUPS_IN_A_QUERY) }, (_, position) =>
    groups.slice(position * GROUPS_IN_A_QUERY, (position + 1) * GROUPS_IN_A_QUERY),
  );
}
