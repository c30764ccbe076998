import type {
  AttemptDetail,
  ComputeEnvironmentDetail,
  EvaluateOnExit,
  JobDetail,
  JobQueueDetail,
  KeyValuesPair,
  RetryStrategy,
  SubmitJobCommandInput,
} from '@aws-sdk/client-batch';
import { MAX_ATTEMPTS, retryRules } from '@openevolve-aws/job-spec';
import { type AwsService, awsError } from '../src/aws/aws-errors.ts';
import type { BatchApi, LogsApi } from '../src/aws/ports.ts';

/** What an attempt of a job does, by the job's name. */
export interface Behaviour {
  readonly lines: readonly string[];
  /** Settles when the container ends by itself; never for one that waits for SIGTERM. */
  readonly ends: Promise<ContainerEnd>;
  /** What SIGTERM makes of it. */
  readonly onTerm: ContainerEnd;
}

export interface ContainerEnd {
  readonly exitCode?: number;
  readonly statusReason?: string;
}

/** What goes wrong with a call: it is refused, or carried out without a reply. */
export type Fault = 'throttled' | 'denied' | 'failed' | 'refused connection' | 'lost reply';

export interface BatchModelOptions {
  /** @param attempt from 1. */
  readonly behave: (job: JobDetail, attempt: number) => Behaviour;
  /** @param count how often the action was called before. */
  readonly fault?: (action: string, count: number) => Fault | null;
  /** A new job is listed after this many calls of ListJobs. */
  readonly listedAfter?: number;
  /** Jobs come as far as this state and stay in it. */
  readonly holdIn?: 'SUBMITTED' | 'RUNNABLE' | 'STARTING';
}

interface Running {
  readonly detail: JobDetail;
  readonly retry: RetryStrategy;
  terminate: ((reason: string) => void) | null;
  terminated: string | null;
  hiddenFor: number;
}

export const MODEL_QUEUE = 'openevolve-prod-queue';
export const MODEL_DEFINITION = 'openevolve-prod-job-alice';
export const MODEL_LOG_GROUP = '/aws/batch/openevolve/prod/alice';
const PAGE = 100;
const EVENTS_A_PAGE = 3;

/**
 * A small model of AWS Batch and of the logs of its jobs, for what no emulator does: evaluateOnExit,
 * several attempts, paging, TerminateJob in every state, status reasons, and names that are listed
 * late. Written from the documentation, not from our client:
 *
 * - states and attempts: https://docs.aws.amazon.com/batch/latest/userguide/job_states.html
 * - retries: https://docs.aws.amazon.com/batch/latest/userguide/job_retries.html
 * - TerminateJob, ListJobs, DescribeJobs, SubmitJob: https://docs.aws.amazon.com/batch/latest/APIReference/
 */
export class BatchModel {
  readonly jobs = new Map<string, Running>();
  readonly streams = new Map<string, { timestamp: number; message: string }[]>();
  readonly calls: string[] = [];
  readonly submitted: SubmitJobCommandInput[] = [];
  readonly batch: BatchApi;
  readonly logs: LogsApi;
  queue: JobQueueDetail;
  environments: ComputeEnvironmentDetail[];
  /** Job ARNs in the order in which they will start. */
  front: string[] = [];
  readonly #options: BatchModelOptions;
  #created = 0;

  constructor(options: BatchModelOptions) {
    this.#options = options;
    this.queue = {
      jobQueueName: MODEL_QUEUE,
      jobQueueArn: `arn:aws:batch:us-east-1:123456789012:job-queue/${MODEL_QUEUE}`,
      state: 'ENABLED',
      status: 'VALID',
      priority: 1,
      schedulingPolicyArn: 'arn:aws:batch:us-east-1:123456789012:scheduling-policy/openevolve',
      computeEnvironmentOrder: [{ order: 1, computeEnvironment: 'spot' }],
    };
    this.environments = [
      {
        computeEnvironmentName: 'spot',
        computeEnvironmentArn: 'spot',
        state: 'ENABLED',
        status: 'VALID',
        computeResources: { type: 'SPOT', maxvCpus: 256, subnets: [] },
      },
    ];
    const call = <I, O>(action: string, run: (input: I) => O, service: AwsService = 'AWS Batch') =>
      this.#call(service, action, run);
    this.batch = {
      submitJob: call('SubmitJob', (input: SubmitJobCommandInput) => this.#submit(input)),
      describeJobs: call('DescribeJobs', ({ jobs = [] }) => {
        if (jobs.length > 100) {
          throw clientException('jobs must have at most 100 members');
        }
        const found = jobs.flatMap((id: string) => this.jobs.get(id)?.detail ?? []);
        return { jobs: structuredClone(found) };
      }),
      listJobs: call('ListJobs', (input) => this.#list(input)),
      terminateJob: call('TerminateJob', ({ jobId = '', reason = '' }) => {
        const job = this.jobs.get(jobId);
        if (!job) {
          throw clientException(`Job ${jobId} not found`);
        }
        this.#terminate(job, reason);
        return {};
      }),
      describeJobQueues: call('DescribeJobQueues', ({ jobQueues = [] }) => ({
        jobQueues: jobQueues.some((name: string) => this.#isQueue(name)) ? [this.queue] : [],
      })),
      describeComputeEnvironments: call('DescribeComputeEnvironments', () => ({
        computeEnvironments: this.environments,
      })),
      describeJobDefinitions: call('DescribeJobDefinitions', ({ jobDefinitionName }) => ({
        jobDefinitions:
          jobDefinitionName === MODEL_DEFINITION
            ? [
                {
                  jobDefinitionName,
                  jobDefinitionArn: `arn:aws:batch:us-east-1:123456789012:job-definition/${jobDefinitionName}:3`,
                  revision: 3,
                  type: 'container',
                  containerProperties: {
                    image: '123456789012.dkr.ecr.us-east-1.amazonaws.com/openevolve-prod:1.0.0',
                  },
                },
              ]
            : [],
      })),
      getJobQueueSnapshot: call('GetJobQueueSnapshot', () => ({
        frontOfQueue: { jobs: this.front.map((jobArn) => ({ jobArn })) },
      })),
    };
    this.logs = {
      getLogEvents: call(
        'GetLogEvents',
        ({ logGroupName, logStreamName = '', nextToken, startTime = 0 }) => {
          const stream = this.streams.get(logStreamName);
          if (!stream || logGroupName !== MODEL_LOG_GROUP) {
            throw sdkError(
              'ResourceNotFoundException',
              400,
              'The specified log stream does not exist.',
            );
          }
          const from = Number(nextToken?.slice(2) ?? 0);
          const events = stream
            .slice(from, from + EVENTS_A_PAGE)
            .filter(({ timestamp }) => timestamp >= startTime);
          const to = Math.min(stream.length, from + EVENTS_A_PAGE);
          return { events, nextForwardToken: `f/${to}`, nextBackwardToken: `b/${from}` };
        },
        'CloudWatch Logs',
      ),
    };
  }

  /** As AWS Batch does some days after a job's end. */
  forget(jobId: string): void {
    this.jobs.delete(jobId);
  }

  #call<I, O>(service: AwsService, action: string, run: (input: I) => O): (input: I) => Promise<O> {
    return async (input) => {
      await new Promise(setImmediate);
      const count = this.calls.filter((name) => name === action).length;
      this.calls.push(action);
      const fault = this.#options.fault?.(action, count) ?? null;
      try {
        if (fault === 'throttled') {
          throw sdkError('ThrottlingException', 429, 'Rate exceeded');
        }
        if (fault === 'denied') {
          throw sdkError('AccessDeniedException', 403, 'not authorized');
        }
        if (fault === 'refused connection') {
          throw Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
        }
        if (fault === 'failed') {
          throw sdkError('ServerException', 500, 'Internal error');
        }
        const output = run(input);
        if (fault === 'lost reply') {
          throw Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' });
        }
        return output;
      } catch (error) {
        throw awsError(error, { service, action, region: 'us-east-1' });
      }
    };
  }

  #isQueue(name: string | undefined): boolean {
    return name === this.queue.jobQueueName || name === this.queue.jobQueueArn;
  }

  #submit(input: SubmitJobCommandInput): { jobId: string; jobName: string } {
    const { jobName = '', jobQueue, jobDefinition = '', shareIdentifier = '' } = input;
    if (!this.#isQueue(jobQueue)) {
      throw clientException(`JobQueue ${jobQueue} not found`);
    }
    if (jobDefinition.replace(/:\d+$/, '') !== MODEL_DEFINITION) {
      throw clientException(`JobDefinition ${jobDefinition} not found`);
    }
    if (!/^[A-Za-z0-9]{1,255}\*?$/.test(shareIdentifier)) {
      throw clientException('shareIdentifier must be alphanumeric');
    }
    if (!/^[A-Za-z0-9][\w-]{0,127}$/.test(jobName)) {
      throw clientException('jobName is not valid');
    }
    const overrides = input.containerOverrides ?? {};
    if (overrides.vcpus !== undefined || overrides.memory !== undefined) {
      throw clientException('vcpus and memory are deprecated');
    }
    this.submitted.push(input);
    this.#created += 1;
    const jobId = `00000000-0000-4000-8000-${String(this.#created).padStart(12, '0')}`;
    const detail: JobDetail = {
      jobId,
      jobArn: `arn:aws:batch:us-east-1:123456789012:job/${jobId}`,
      jobName,
      jobQueue: this.queue.jobQueueArn,
      jobDefinition,
      shareIdentifier,
      status: 'SUBMITTED',
      createdAt: Date.now(),
      startedAt: undefined,
      attempts: [],
      tags: { ...input.tags },
      container: {
        environment: overrides.environment,
        resourceRequirements: overrides.resourceRequirements,
        logConfiguration: { logDriver: 'awslogs', options: { 'awslogs-group': MODEL_LOG_GROUP } },
      },
    };
    const job: Running = {
      detail,
      retry: {
        attempts: MAX_ATTEMPTS,
        evaluateOnExit: retryRules.map((rule) => ({ ...rule })),
      },
      terminate: null,
      terminated: null,
      hiddenFor: this.#options.listedAfter ?? 0,
    };
    this.jobs.set(jobId, job);
    void this.#run(job);
    return { jobId, jobName };
  }

  async #run(job: Running): Promise<void> {
    const { detail } = job;
    for (let number = 1; ; number += 1) {
      for (const status of ['RUNNABLE', 'STARTING', 'RUNNING'] as const) {
        await new Promise(setImmediate);
        if (job.terminated !== null || detail.status === this.#options.holdIn) {
          return;
        }
        detail.status = status;
      }
      const logStreamName = `job/default/${detail.jobId}-${number}`;
      const startedAt = Date.now();
      detail.startedAt = startedAt;
      detail.container = {
        ...detail.container,
        logStreamName,
        taskArn: `task/${detail.jobId}-${number}`,
      };
      const behaviour = this.#options.behave(detail, number);
      this.streams.set(
        logStreamName,
        behaviour.lines.map((message) => ({ timestamp: startedAt, message })),
      );
      const killed = new Promise<ContainerEnd>((resolve) => {
        job.terminate = () => resolve(behaviour.onTerm);
      });
      const end = await Promise.race([behaviour.ends, killed]);
      job.terminate = null;
      const { exitCode, statusReason = 'Essential container in task exited' } = end;
      const attempt: AttemptDetail = {
        container: {
          ...(exitCode !== undefined && { exitCode }),
          logStreamName,
          taskArn: detail.container?.taskArn,
        },
        startedAt,
        stoppedAt: Date.now(),
        statusReason,
      };
      detail.attempts = [...(detail.attempts ?? []), attempt];
      detail.container = { ...detail.container, ...(exitCode !== undefined && { exitCode }) };
      if (job.terminated === null && exitCode !== 0 && isRetried(job.retry, number, end)) {
        detail.status = 'RUNNABLE';
        continue;
      }
      detail.status = exitCode === 0 ? 'SUCCEEDED' : 'FAILED';
      detail.statusReason = job.terminated ?? statusReason;
      detail.stoppedAt = Date.now();
      return;
    }
  }

  #terminate(job: Running, reason: string): void {
    const { detail } = job;
    if (detail.status === 'SUCCEEDED' || detail.status === 'FAILED') {
      return;
    }
    job.terminated = reason;
    if (job.terminate) {
      job.terminate(reason);
      return;
    }
    detail.status = 'FAILED';
    detail.statusReason = reason;
    detail.stoppedAt = Date.now();
  }

  #list(input: {
    jobQueue?: string | undefined;
    jobStatus?: string | undefined;
    filters?: KeyValuesPair[] | undefined;
    maxResults?: number | undefined;
    nextToken?: string | undefined;
  }) {
    if (!this.#isQueue(input.jobQueue)) {
      throw clientException(`JobQueue ${input.jobQueue} not found`);
    }
    const [filter] = input.filters ?? [];
    const matching = [...this.jobs.values()].filter((job) => {
      if (job.hiddenFor > 0) {
        job.hiddenFor -= 1;
        return false;
      }
      const { detail } = job;
      const inStatus = detail.status === (input.jobStatus ?? 'RUNNING');
      if (filter?.name === 'JOB_NAME') {
        return filter.values?.some((value) => matchesGlob(value, detail.jobName ?? ''));
      }
      return inStatus;
    });
    const newestFirst = matching.reverse();
    const from = Number(input.nextToken ?? 0);
    const to = from + (input.maxResults ?? PAGE);
    return {
      jobSummaryList: newestFirst.slice(from, to).map(({ detail }) => ({
        jobId: detail.jobId,
        jobName: detail.jobName,
        createdAt: detail.createdAt,
        status: detail.status,
      })),
      ...(to < newestFirst.length && { nextToken: String(to) }),
    };
  }
}

/** In an entry all conditions hold; the first entry that holds decides; what matches none is retried. */
function isRetried(retry: RetryStrategy, attempt: number, end: ContainerEnd): boolean {
  if (attempt >= (retry.attempts ?? 1)) {
    return false;
  }
  const holds = (rule: EvaluateOnExit) =>
    (rule.onExitCode === undefined || matchesGlob(rule.onExitCode, String(end.exitCode ?? ''))) &&
    (rule.onStatusReason === undefined || matchesGlob(rule.onStatusReason, end.statusReason ?? ''));
  return retry.evaluateOnExit?.find(holds)?.action !== 'EXIT';
}

function matchesGlob(glob: string, value: string): boolean {
  const [pattern, text] = [glob.toLowerCase(), value.toLowerCase()];
  return pattern.endsWith('*') ? text.startsWith(pattern.slice(0, -1)) : text === pattern;
}

function clientException(message: string): Error {
  return sdkError('ClientException', 400, message);
}

function sdkError(name: string, httpStatusCode: number, message: string): Error {
  return Object.assign(new Error(message), { name, $metadata: { httpStatusCode } });
}
