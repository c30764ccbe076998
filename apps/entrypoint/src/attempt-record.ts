import type { Session } from '@openevolve-aws/checkpoint-sync';
import {
  type AttemptRecord,
  type ContainerEnvironment,
  type Job,
  serializeDocument,
} from '@openevolve-aws/job-spec';
import type { ObjectStore } from '@openevolve-aws/object-store';
import { outputKeys } from '@openevolve-aws/s3-layout';
import { entrypointVersion } from './version.ts';

/** The record of an attempt that has just begun. */
export function beginRecord(
  job: Job,
  session: Session,
  environment: ContainerEnvironment,
  startedAt: string,
): AttemptRecord {
  return {
    version: 1,
    jobId: job.id,
    generation: session.generation,
    submission: environment.OPENEVOLVE_SUBMISSION,
    batchJobId: environment.AWS_BATCH_JOB_ID ?? null,
    batchAttempt: environment.AWS_BATCH_JOB_ATTEMPT ?? null,
    startedAt,
    resumedFrom: null,
    skipped: [],
    noticeSource: environment.OPENEVOLVE_NOTICE_FILE === undefined ? 'none' : 'host file',
    versions: {
      entrypoint: entrypointVersion(),
      node: process.versions.node,
      python: 'unknown',
      openevolve: 'unknown',
    },
    ended: null,
  };
}

/** Stores a record under its own generation, which no other attempt writes. */
export async function storeRecord(outputs: ObjectStore, record: AttemptRecord): Promise<void> {
  await outputs.put(outputKeys.attempt(record.generation), serializeDocument(record));
}
