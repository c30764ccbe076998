import type {
  DescribeComputeEnvironmentsCommandInput,
  DescribeComputeEnvironmentsCommandOutput,
  DescribeJobDefinitionsCommandInput,
  DescribeJobDefinitionsCommandOutput,
  DescribeJobQueuesCommandInput,
  DescribeJobQueuesCommandOutput,
  DescribeJobsCommandInput,
  DescribeJobsCommandOutput,
  GetJobQueueSnapshotCommandInput,
  GetJobQueueSnapshotCommandOutput,
  ListJobsCommandInput,
  ListJobsCommandOutput,
  SubmitJobCommandInput,
  SubmitJobCommandOutput,
  TerminateJobCommandInput,
  TerminateJobCommandOutput,
} from '@aws-sdk/client-batch';
import type {
  GetLogEventsCommandInput,
  GetLogEventsCommandOutput,
} from '@aws-sdk/client-cloudwatch-logs';
import type { ObjectStore } from '@openevolve-aws/object-store';
import type { CallOptions } from '../backend.ts';
import type { EcrImage } from './ecr-image.ts';

/** One operation of a service. It fails with a `BatchClientError` whose cause is the SDK's error. */
export type Call<Input, Output> = (
  input: Input,
  options?: CallOptions,
) => Promise<Omit<Output, '$metadata'>>;

/** What of AWS Batch is used. */
export interface BatchApi {
  readonly submitJob: Call<SubmitJobCommandInput, SubmitJobCommandOutput>;
  readonly describeJobs: Call<DescribeJobsCommandInput, DescribeJobsCommandOutput>;
  readonly listJobs: Call<ListJobsCommandInput, ListJobsCommandOutput>;
  readonly terminateJob: Call<TerminateJobCommandInput, TerminateJobCommandOutput>;
  readonly describeJobQueues: Call<DescribeJobQueuesCommandInput, DescribeJobQueuesCommandOutput>;
  readonly describeComputeEnvironments: Call<
    DescribeComputeEnvironmentsCommandInput,
    DescribeComputeEnvironmentsCommandOutput
  >;
  readonly describeJobDefinitions: Call<
    DescribeJobDefinitionsCommandInput,
    DescribeJobDefinitionsCommandOutput
  >;
  readonly getJobQueueSnapshot: Call<
    GetJobQueueSnapshotCommandInput,
    GetJobQueueSnapshotCommandOutput
  >;
}

export interface LogsApi {
  readonly getLogEvents: Call<GetLogEventsCommandInput, GetLogEventsCommandOutput>;
}

/** Who the credentials stand for. */
export interface CallerIdentity {
  readonly account: string;
  readonly arn: string;
}

export interface StsApi {
  readonly getCallerIdentity: (options?: CallOptions) => Promise<CallerIdentity>;
}

export interface SsmApi {
  /** A parameter's value, or null when there is none. */
  readonly getParameter: (name: string, options?: CallOptions) => Promise<string | null>;
}

export interface SecretsApi {
  readonly getSecretValue: (id: string, options?: CallOptions) => Promise<string>;
}

export interface QuotasApi {
  readonly getServiceQuota: (
    service: string,
    code: string,
    options?: CallOptions,
  ) => Promise<number | null>;
}

export interface SnsApi {
  /** The subscriptions of a topic; AWS gives one that is not confirmed no ARN. */
  readonly listSubscriptions: (
    topicArn: string,
    options?: CallOptions,
  ) => Promise<readonly { readonly endpoint: string; readonly confirmed: boolean }[]>;
}

export interface EcrApi {
  /** An image of a repository, or null when it, or its repository, is not there. */
  readonly findImage: (
    image: EcrImage,
    options?: CallOptions,
  ) => Promise<{ readonly pushedAt: Date | null } | null>;
}

export interface FormationApi {
  /** A stack's outputs by name, or null when there is no such stack. */
  readonly stackOutputs: (
    stack: string,
    options?: CallOptions,
  ) => Promise<Readonly<Record<string, string>> | null>;
}

/**
 * The services of one region. Each is loaded at its first use, so that a command pays only for what
 * it needs. Any of them can be replaced:
 *
 * @example
 * const clients: AwsClients = { ...awsClients({ region: 'us-east-1' }), batch: async () => mine };
 */
export interface AwsClients {
  readonly region: string;
  readonly batch: () => Promise<BatchApi>;
  readonly logs: () => Promise<LogsApi>;
  readonly sts: () => Promise<StsApi>;
  readonly ssm: () => Promise<SsmApi>;
  readonly secrets: () => Promise<SecretsApi>;
  readonly quotas: () => Promise<QuotasApi>;
  readonly sns: () => Promise<SnsApi>;
  readonly ecr: () => Promise<EcrApi>;
  readonly formation: () => Promise<FormationApi>;
  /** The store of a bucket. */
  readonly bucket: (name: string) => Promise<ObjectStore>;
}
