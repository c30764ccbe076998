import type { JobSummary, ListJobsCommandInput } from '@aws-sdk/client-batch';
import type { BatchStatus, CallOptions } from '../backend.ts';
import type { BatchApi } from './ports.ts';

/**
 * The id of the newest Batch job with a name, in any state.
 *
 * With a filter, ListJobs gives jobs of all states
 * (https://docs.aws.amazon.com/batch/latest/APIReference/API_ListJobs.html).
 */
export async function findByName(
  batch: BatchApi,
  jobQueue: string,
  name: string,
  options: CallOptions = {},
): Promise<string | null> {
  let newest: { id: string; createdAt: number } | null = null;
  const filters = [{ name: 'JOB_NAME', values: [name] }];
  for await (const { jobId, jobName, createdAt = 0 } of listed(
    batch,
    { jobQueue, filters },
    options,
  )) {
    if (jobId && jobName === name && createdAt >= (newest?.createdAt ?? 0)) {
      newest = { id: jobId, createdAt };
    }
  }
  return newest?.id ?? null;
}

/** The ids of all jobs of a queue that are in a state. */
export async function idsInState(
  batch: BatchApi,
  jobQueue: string,
  jobStatus: BatchStatus,
  options: CallOptions = {},
): Promise<ReadonlySet<string>> {
  const ids = new Set<string>();
  for await (const { jobId } of listed(batch, { jobQueue, jobStatus }, options)) {
    if (jobId) {
      ids.add(jobId);
    }
  }
  return ids;
}

async function* listed(
  batch: BatchApi,
  input: ListJobsCommandInput,
  options: CallOptions,
): AsyncGenerator<JobSummary> {
  let nextToken: string | undefined;
  do {
    const page = await batch.listJobs({ ...input, nextToken }, options);
    yield* page.jobSummaryList ?? [];
    nextToken = page.nextToken;
  } while (nextToken);
}
