import {
  BatchClient,
  DescribeComputeEnvironmentsCommand,
  DescribeJobDefinitionsCommand,
  DescribeJobQueuesCommand,
  DescribeJobsCommand,
  GetJobQueueSnapshotCommand,
  ListJobsCommand,
  SubmitJobCommand,
  TerminateJobCommand,
} from '@aws-sdk/client-batch';
import type { BatchApi } from '../ports.ts';
import { type ClientConfig, caller, clientConfig } from './client-config.ts';

export function batchApi(config: ClientConfig): BatchApi {
  const client = new BatchClient(clientConfig(config));
  const { repeated, single } = caller('AWS Batch', config);
  return {
    submitJob: (input, options) =>
      single('SubmitJob', options, (sending) => client.send(new SubmitJobCommand(input), sending)),
    describeJobs: (input, options) =>
      repeated('DescribeJobs', options, (sending) =>
        client.send(new DescribeJobsCommand(input), sending),
      ),
    listJobs: (input, options) =>
      repeated('ListJobs', options, (sending) => client.send(new ListJobsCommand(input), sending)),
    terminateJob: (input, options) =>
      repeated('TerminateJob', options, (sending) =>
        client.send(new TerminateJobCommand(input), sending),
      ),
    describeJobQueues: (input, options) =>
      repeated('DescribeJobQueues', options, (sending) =>
        client.send(new DescribeJobQueuesCommand(input), sending),
      ),
    describeComputeEnvironments: (input, options) =>
      repeated('DescribeComputeEnvironments', options, (sending) =>
        client.send(new DescribeComputeEnvironmentsCommand(input), sending),
      ),
    describeJobDefinitions: (input, options) =>
      repeated('DescribeJobDefinitions', options, (sending) =>
        client.send(new DescribeJobDefinitionsCommand(input), sending),
      ),
    getJobQueueSnapshot: (input, options) =>
      repeated('GetJobQueueSnapshot', options, (sending) =>
        client.send(new GetJobQueueSnapshotCommand(input), sending),
      ),
  };
}
