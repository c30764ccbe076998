import type {
  ComputeEnvironmentDetail,
  GetJobQueueSnapshotCommandOutput,
  JobDetail,
  JobQueueDetail,
} from '@aws-sdk/client-batch';
import { plainReason } from './status-reason.ts';

/** What AWS Batch tells of a job that waits; null for what could not be asked. */
export interface WaitFacts {
  readonly job: JobDetail;
  readonly queue: JobQueueDetail | null;
  /** In the queue's order. */
  readonly environments: readonly ComputeEnvironmentDetail[];
  readonly snapshot: Pick<
    GetJobQueueSnapshotCommandOutput,
    'frontOfQueue' | 'queueUtilization'
  > | null;
  readonly owner: string;
}

/**
 * Why a job waits, in one sentence with what to do: what is broken before what is full, and what AWS
 * Batch says before what can be concluded. Pure.
 *
 * @returns null for a job that waits for nothing that is known.
 */
export function waitReason(facts: WaitFacts): string | null {
  const { job } = facts;
  if (job.status === 'STARTING') {
    return 'Its machine is there and pulls the container image, which takes a minute or two.';
  }
  if (!['SUBMITTED', 'PENDING', 'RUNNABLE'].includes(job.status ?? '')) {
    return null;
  }
  const told = plainReason({ statusReason: job.statusReason });
  return (
    brokenQueue(facts) ??
    (told === null ? null : `${told.sentence}${told.fix ? `. ${told.fix}` : ''}.`) ??
    tooLarge(facts) ??
    placeInQueue(facts) ??
    (job.status === 'RUNNABLE'
      ? 'It is at the front, and AWS Batch is starting a machine for it, which takes some minutes.'
      : null)
  );
}

function brokenQueue({ queue, environments }: WaitFacts): string | null {
  if (queue && (queue.state !== 'ENABLED' || queue.status === 'INVALID')) {
    const why = queue.status === 'INVALID' ? `invalid (${queue.statusReason})` : 'switched off';
    return `The queue ${queue.jobQueueName} is ${why}: an administrator must mend it.`;
  }
  const broken = environments.filter(
    ({ state, status }) => state === 'DISABLED' || status === 'INVALID',
  );
  if (environments.length === 0 || broken.length < environments.length) {
    return null;
  }
  const which = broken.map(
    ({ computeEnvironmentName, status, statusReason }) =>
      `${computeEnvironmentName} is ${status === 'INVALID' ? `invalid (${statusReason})` : 'switched off'}`,
  );
  return `No compute environment of its queue can be used: ${which.join('; ')}. An administrator must mend it.`;
}

function tooLarge({ job, environments }: WaitFacts): string | null {
  const vcpus = Number(
    job.container?.resourceRequirements?.find(({ type }) => type === 'VCPU')?.value ?? 0,
  );
  const most = Math.max(0, ...environments.map((one) => one.computeResources?.maxvCpus ?? 0));
  return most > 0 && vcpus > most
    ? `It asks for ${vcpus} vCPUs, and no compute environment may have more than ${most}: ask for fewer with --vcpus.`
    : null;
}

function placeInQueue({ job, snapshot, owner, environments }: WaitFacts): string | null {
  const ahead =
    snapshot?.frontOfQueue?.jobs?.findIndex(({ jobArn }) => jobArn === job.jobArn) ?? -1;
  if (ahead < 1) {
    return null;
  }
  const shares = snapshot?.queueUtilization?.fairshareUtilization;
  const own = shares?.topCapacityUtilization
    ?.find(({ shareIdentifier }) => shareIdentifier === owner)
    ?.capacityUsage?.find(({ capacityUnit }) => capacityUnit === 'VCPU')?.quantity;
  const running = environments.reduce(
    (sum, { computeResources }) => sum + (computeResources?.desiredvCpus ?? 0),
    0,
  );
  const details = [
    ...(running > 0 ? [`${running} vCPUs run`] : []),
    ...(own === undefined ? [] : [`${own} of them are yours`]),
    ...(shares?.activeShareCount ? [`${shares.activeShareCount} owners share the queue`] : []),
  ];
  return `It waits its turn: ${ahead} ${ahead === 1 ? 'job comes' : 'jobs come'} before it${details.length > 0 ? ` (${details.join(', ')})` : ''}.`;
}
