import { Duration } from 'aws-cdk-lib';
import {
  FairshareSchedulingPolicy,
  JobQueue,
  JobStateTimeLimitActionsAction,
  JobStateTimeLimitActionsReason,
  JobStateTimeLimitActionsState,
} from 'aws-cdk-lib/aws-batch';
import { Construct } from 'constructs';
import type { Compute } from './compute.ts';

/** For how long what an owner used counts against them. */
const USAGE_COUNTS_FOR = Duration.days(1);

/** A job that no machine can ever run; what is wrong will not mend itself. */
const HOPELESS_AFTER = Duration.minutes(10);

/** Capacity comes and goes; AWS Batch waits no longer than this. */
const NO_CAPACITY_AFTER = Duration.days(1);

export interface QueueProps {
  readonly name: string;
  readonly compute: Compute;
}

/**
 * The queue of all owners. Each has an equal share of the machines: who used less of late is
 * served first. A job that cannot start is cancelled with its reason instead of standing before
 * the others for ever.
 */
export class Queue extends Construct {
  readonly queue: JobQueue;

  constructor(scope: Construct, id: string, { name, compute }: QueueProps) {
    super(scope, id);
    const cancel = (reason: JobStateTimeLimitActionsReason, maxTime: Duration) => ({
      reason,
      maxTime,
      state: JobStateTimeLimitActionsState.RUNNABLE,
      action: JobStateTimeLimitActionsAction.CANCEL,
    });
    this.queue = new JobQueue(this, 'Jobs', {
      jobQueueName: name,
      computeEnvironments: [
        { computeEnvironment: compute.spot, order: 1 },
        { computeEnvironment: compute.onDemand, order: 2 },
      ],
      schedulingPolicy: new FairshareSchedulingPolicy(this, 'EqualShares', {
        shareDecay: USAGE_COUNTS_FOR,
      }),
      jobStateTimeLimitActions: [
        cancel(JobStateTimeLimitActionsReason.INSUFFICIENT_INSTANCE_CAPACITY, NO_CAPACITY_AFTER),
        cancel(JobStateTimeLimitActionsReason.COMPUTE_ENVIRONMENT_MAX_RESOURCE, HOPELESS_AFTER),
        cancel(JobStateTimeLimitActionsReason.JOB_RESOURCE_REQUIREMENT, HOPELESS_AFTER),
      ],
    });
  }
}
