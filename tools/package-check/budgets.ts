/**
 * The most that each package may weigh, packed, in KiB: a tenth more than it does. One that outgrows it
 * holds something that nobody meant to publish, or needs a new number here and a reason in the commit.
 */
export const budgets: Readonly<Record<string, number>> = {
  '@openevolve-aws/job-spec': 80,
  '@openevolve-aws/s3-layout': 24,
  '@openevolve-aws/object-store': 110,
  '@openevolve-aws/checkpoint-sync': 120,
  '@openevolve-aws/llm-gateway': 120,
  '@openevolve-aws/batch-client': 250,
  '@openevolve-aws/entrypoint': 600,
  '@openevolve-aws/cli': 1200,
  '@openevolve-aws/infra': 100,
};
