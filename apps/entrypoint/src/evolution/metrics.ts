import type { Throughput } from '@openevolve-aws/job-spec';

/** What is measured of a running job; null where there is no figure yet. */
export interface Metrics {
  readonly bestScore: number | null;
  /** Finished iterations per minute since the last line. */
  readonly iterationThroughput: number;
  /** Share of model calls that succeeded since the last line, 0 to 1. */
  readonly llmCallSuccessRate: number | null;
  readonly lastCommitAgeSeconds: number;
  readonly lossWindowIterations: number;
  /** Of the last good replies. */
  readonly llmLatencyMs: { readonly p50: number; readonly p99: number } | null;
  readonly llmTokensPerMinute: number;
  /** Over all attempts; null when a price is not known. */
  readonly llmUsd: number | null;
  /** Null in the first seconds. */
  readonly throughput: Throughput | null;
}

const units = {
  BestScore: 'None',
  IterationThroughput: 'None',
  LLMCallSuccessRate: 'None',
  LastCommitAge: 'Seconds',
  LossWindowIterations: 'Count',
  LLMLatencyP50: 'Milliseconds',
  LLMLatencyP99: 'Milliseconds',
  LLMTokensPerMinute: 'None',
  LLMUsd: 'None',
  CandidatesPerHour: 'None',
  Workers: 'Count',
  WorkersWaitingForModel: 'Count',
  WorkersWaitingForSlot: 'Count',
  Evaluations: 'Count',
  VcpusUsed: 'None',
} as const;

/**
 * One line in CloudWatch's embedded metric format, which CloudWatch Logs turns into metrics:
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 * Metrics without a figure are left out, since the format has no null.
 *
 * @param now when it was measured.
 * @param environment the installation in AWS, which its dashboard and alarm go by: an account may
 *   have several. The job definition says which.
 */
export function embeddedMetrics(
  owner: string,
  jobId: string,
  metrics: Metrics,
  now: Date,
  environment = process.env.OPENEVOLVE_ENVIRONMENT || 'local',
): string {
  const figures: Record<keyof typeof units, number | null> = {
    BestScore: metrics.bestScore,
    IterationThroughput: metrics.iterationThroughput,
    LLMCallSuccessRate: metrics.llmCallSuccessRate,
    LastCommitAge: metrics.lastCommitAgeSeconds,
    LossWindowIterations: metrics.lossWindowIterations,
    LLMLatencyP50: metrics.llmLatencyMs?.p50 ?? null,
    LLMLatencyP99: metrics.llmLatencyMs?.p99 ?? null,
    LLMTokensPerMinute: metrics.llmTokensPerMinute,
    LLMUsd: metrics.llmUsd,
    CandidatesPerHour: metrics.throughput?.candidatesPerHour ?? null,
    Workers: metrics.throughput?.workers ?? null,
    WorkersWaitingForModel: metrics.throughput?.model ?? null,
    WorkersWaitingForSlot: metrics.throughput?.waiting ?? null,
    Evaluations: metrics.throughput?.evaluating ?? null,
    VcpusUsed: metrics.throughput?.vcpusUsed ?? null,
  };
  const known = Object.entries(figures).filter(([, figure]) => figure !== null);
  return JSON.stringify({
    _aws: {
      Timestamp: now.getTime(),
      CloudWatchMetrics: [
        {
          Namespace: 'OpenEvolve',
          Dimensions: [
            ['Environment', 'Owner'],
            ['Environment', 'Owner', 'JobShortId'],
          ],
          Metrics: known.map(([Name]) => ({ Name, Unit: units[Name as keyof typeof units] })),
        },
      ],
    },
    Environment: environment,
    Owner: owner,
    JobShortId: jobId,
    ...Object.fromEntries(known),
  });
}
