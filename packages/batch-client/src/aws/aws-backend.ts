import type { JobDetail } from '@aws-sdk/client-batch';
import type { Settings } from '@openevolve-aws/job-spec';
import type { Backend, CallOptions } from '../backend.ts';
import { BatchClientError } from '../errors.ts';
import { concurrently } from '../jobs/concurrently.ts';
import { awsClients } from './clients.ts';
import { type AwsJob, toAwsJob } from './job-view.ts';
import { findByName, idsInState } from './listed-jobs.ts';
import type { AwsClients } from './ports.ts';
import { type LogPace, readAwsLogs } from './read-logs.ts';
import { submitJobInput } from './submit-job-input.ts';
import { type SubmitPace, submitOnce } from './submit-once.ts';
import { waitReason } from './wait-reason.ts';

export interface AwsBackendOptions {
  /** See `loadSettings`. */
  readonly settings: Settings;
  /** By default AWS's own services in the settings' region. */
  readonly clients?: AwsClients | undefined;
  readonly pace?: { readonly logs?: LogPace; readonly submit?: SubmitPace };
}

/** https://docs.aws.amazon.com/batch/latest/APIReference/API_DescribeJobs.html */
const MAX_DESCRIBED = 100;
const CALLS_AT_ONCE = 4;
/** https://docs.aws.amazon.com/batch/latest/APIReference/API_TerminateJob.html */
const MAX_REASON = 1024;
/** Where AWS Batch logs when a job definition says nothing. */
const BATCH_LOG_GROUP = '/aws/batch/job';

/**
 * Jobs on AWS: two buckets, a queue of AWS Batch, and its logs in CloudWatch. Nothing is called
 * before it is needed.
 *
 * @example
 * const loaded = await loadSettings();
 * if (loaded) {
 *   const backend = await openAwsBackend({ settings: loaded.settings });
 * }
 */
export async function openAwsBackend(options: AwsBackendOptions): Promise<Backend> {
  const { settings, clients = awsClients({ region: settings.region }), pace = {} } = options;
  const [inputs, outputs] = await Promise.all([
    clients.bucket(settings.inputBucket),
    clients.bucket(settings.outputBucket),
  ]);

  const details = async (ids: readonly string[], call: CallOptions): Promise<JobDetail[]> => {
    const batch = await clients.batch();
    const chunks = Array.from({ length: Math.ceil(ids.length / MAX_DESCRIBED) }, (_, index) =>
      ids.slice(index * MAX_DESCRIBED, (index + 1) * MAX_DESCRIBED),
    );
    const pages = await concurrently(chunks, CALLS_AT_ONCE, async (jobs) => {
      return (await batch.describeJobs({ jobs: [...jobs] }, call)).jobs ?? [];
    });
    return pages.flat();
  };

  const describe = async (ids: readonly string[], call: CallOptions = {}): Promise<AwsJob[]> => {
    const found = new Map<string | undefined, JobDetail>();
    for (const detail of await details(ids, call)) {
      found.set(detail.jobId, detail);
    }
    return ids.flatMap((id) => {
      const detail = found.get(id);
      return (detail && toAwsJob(detail)) ?? [];
    });
  };

  return {
    kind: 'aws',
    inputs,
    outputs,
    inputUri: (key) => `s3://${settings.inputBucket}/${key}`,
    outputUri: (key) => `s3://${settings.outputBucket}/${key}`,
    describe,

    async submit(submission, call = {}) {
      const batch = await clients.batch();
      return submitOnce(batch, submitJobInput(submission, settings), call, pace.submit);
    },

    async idsInState(status, call = {}) {
      return idsInState(await clients.batch(), settings.jobQueue, status, call);
    },

    async find(batchJobName, call = {}) {
      return findByName(await clients.batch(), settings.jobQueue, batchJobName, call);
    },

    async terminate(batchJobId, reason, call = {}) {
      const batch = await clients.batch();
      // CancelJob has no effect on a job that has started; TerminateJob ends it in every state.
      await batch.terminateJob({ jobId: batchJobId, reason: reason.slice(0, MAX_REASON) }, call);
    },

    async interrupt() {
      throw new BatchClientError(
        'INVALID_INPUT',
        "A machine of AWS is interrupted by AWS's own fault injection (FIS, action aws:ec2:send-spot-instance-interruptions); a drill from here needs a job on this machine (--local).",
      );
    },

    async *logs(batchJobId, request) {
      const call = { signal: request.signal };
      yield* readAwsLogs(
        {
          logs: await clients.logs(),
          groupOf: ({ owner }) =>
            settings.logGroup === undefined ? BATCH_LOG_GROUP : `${settings.logGroup}/${owner}`,
          ...(pace.logs && { pace: pace.logs }),
          describe: async () => {
            const [job] = await describe([batchJobId], call);
            if (!job) {
              throw new BatchClientError(
                'NOT_FOUND',
                `AWS Batch no longer knows the job ${batchJobId}, and with it where its log streams are; its results hold its logs.`,
              );
            }
            return job;
          },
        },
        request,
      );
    },

    async explainWait(batchJobId, call = {}) {
      const [job] = await details([batchJobId], call);
      return job ? explainWait(clients, settings, job, call) : null;
    },
  };
}

/** What may not be asked for is left out: a reason from fewer facts is better than none. */
async function explainWait(
  clients: AwsClients,
  settings: Settings,
  job: JobDetail,
  call: CallOptions,
): Promise<string | null> {
  const batch = await clients.batch();
  const jobQueue = job.jobQueue ?? settings.jobQueue;
  const [queue, snapshot] = await Promise.all([
    allowed(async () => (await batch.describeJobQueues({ jobQueues: [jobQueue] }, call)).jobQueues),
    allowed(() => batch.getJobQueueSnapshot({ jobQueue }, call)),
  ]);
  const order = queue?.[0]?.computeEnvironmentOrder ?? [];
  const names = order.flatMap(({ computeEnvironment }) => computeEnvironment ?? []);
  const environments =
    names.length === 0
      ? null
      : await allowed(
          async () =>
            (await batch.describeComputeEnvironments({ computeEnvironments: names }, call))
              .computeEnvironments,
        );
  const owner = toAwsJob(job)?.owner ?? '';
  return waitReason({
    job,
    queue: queue?.[0] ?? null,
    environments: environments ?? [],
    snapshot,
    owner,
  });
}

async function allowed<T>(ask: () => Promise<T>): Promise<T | null> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof BatchClientError && error.code === 'ACCESS_DENIED') {
      return null;
    }
    throw error;
  }
}
