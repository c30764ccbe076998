import { claimJob, type Session } from '@openevolve-aws/checkpoint-sync';
import type { AttemptRecord, ContainerEnvironment, Job } from '@openevolve-aws/job-spec';
import { type ObjectStore, openStore, retrying } from '@openevolve-aws/object-store';
import { closeKilledRecords, readEarlierRecords } from './attempt-records.ts';
import { readJob } from './inputs.ts';
import type { Log } from './log.ts';
import { describeMachine } from './machine.ts';
import { InstanceMetadata } from './notices/instance-metadata.ts';
import { findNoticeSource, type NoticeSource } from './notices/notice-source.ts';

/** A job that this attempt has claimed, and the machine that it runs on. */
export interface ClaimedJob {
  readonly job: Job;
  readonly inputs: ObjectStore;
  readonly outputs: ObjectStore;
  readonly session: Session;
  readonly notices: NoticeSource;
  readonly machine: AttemptRecord['machine'];
  /** Of all attempts before this one, oldest first, all of them ended. */
  readonly earlier: readonly AttemptRecord[];
}

/** Reads the job, claims its next generation and completes the records of killed attempts. */
export async function claimTheJob(
  environment: ContainerEnvironment,
  log: Log,
): Promise<ClaimedJob> {
  const inputs = retrying(await openStore(environment.S3_INPUT_PREFIX));
  const outputs = retrying(await openStore(environment.S3_OUTPUT_PREFIX));
  const job = await readJob(inputs, environment);
  const claimant = {
    submission: environment.OPENEVOLVE_SUBMISSION,
    batchJobId: environment.AWS_BATCH_JOB_ID ?? null,
    batchAttempt: environment.AWS_BATCH_JOB_ATTEMPT ?? null,
  };
  const session = await claimJob(outputs, claimant, {
    onUpkeep: (event) => {
      if (event.kind === 'failed') {
        log.warn(`The ${event.task} of commits was not finished: ${String(event.error)}`);
      }
    },
  });
  log.info(`Job ${job.id} of ${job.owner}, generation ${session.generation}.`);

  const metadata = new InstanceMetadata(environment.AWS_EC2_METADATA_SERVICE_ENDPOINT);
  const [notices, machine, records] = await Promise.all([
    findNoticeSource(environment.OPENEVOLVE_NOTICE_FILE, metadata),
    describeMachine(metadata),
    readEarlierRecords(outputs, session.generation, (problem) => log.warn(problem)),
  ]);
  const earlier = await closeKilledRecords(outputs, records, session.state);
  return { job, inputs, outputs, session, notices, machine, earlier };
}
