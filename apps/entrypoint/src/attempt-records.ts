import type { JobState, Session } from '@openevolve-aws/checkpoint-sync';
import {
  type AttemptRecord,
  attemptRecordSchema,
  type ContainerEnvironment,
  type Job,
  JobSpecError,
  type Progress,
  parseDocument,
  progressSchema,
  serializeDocument,
} from '@openevolve-aws/job-spec';
import { isStoreError, type ObjectStore } from '@openevolve-aws/object-store';
import { outputKeys } from '@openevolve-aws/s3-layout';
import { entrypointVersion } from './version.ts';

/** The record of an attempt that has just begun. */
export function beginRecord(
  job: Job,
  session: Session,
  environment: ContainerEnvironment,
  startedAt: string,
  host: Pick<AttemptRecord, 'noticeSource' | 'machine'>,
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
    ...host,
    versions: {
      entrypoint: entrypointVersion(),
      node: process.versions.node,
      python: 'unknown',
      openevolve: 'unknown',
    },
    ended: null,
  };
}

/** Stores a record under its own generation, which no other attempt writes while this one lives. */
export async function storeRecord(outputs: ObjectStore, record: AttemptRecord): Promise<void> {
  await outputs.put(outputKeys.attempt(record.generation), serializeDocument(record));
}

/**
 * The records of all attempts before one, oldest first. A record that cannot be read is left out,
 * since it decides about nothing that is not in the log too.
 */
export async function readEarlierRecords(
  outputs: ObjectStore,
  generation: number,
  onProblem: (message: string) => void,
): Promise<AttemptRecord[]> {
  const records: AttemptRecord[] = [];
  for await (const { key } of outputs.list(outputKeys.attempts)) {
    try {
      const record = parseDocument(attemptRecordSchema, await outputs.get(key), key);
      if (record.generation < generation) {
        records.push(record);
      }
    } catch (error) {
      if (!(error instanceof JobSpecError)) {
        throw error;
      }
      onProblem(error.message);
    }
  }
  return records.sort((a, b) => a.generation - b.generation);
}

/**
 * Completes the records of attempts that were killed: from the claim of this one on they cannot
 * come back, and their last sign of life is the best that is known of their end.
 *
 * @returns the records, all of them ended.
 */
export async function closeKilledRecords(
  outputs: ObjectStore,
  records: readonly AttemptRecord[],
  state: JobState,
): Promise<AttemptRecord[]> {
  const progress = records.some(({ ended }) => ended === null) ? await readProgress(outputs) : null;
  return Promise.all(
    records.map(async (record) => {
      if (record.ended !== null) {
        return record;
      }
      const closed = closeKilled(record, state, progress);
      await storeRecord(outputs, closed);
      return closed;
    }),
  );
}

function closeKilled(
  record: AttemptRecord,
  state: JobState,
  progress: Progress | null,
): AttemptRecord {
  const commit = state.commits.findLast(({ generation }) => generation === record.generation);
  const seen = progress?.generation === record.generation ? progress : null;
  return {
    ...record,
    ended: {
      at: seen?.updatedAt ?? commit?.at ?? record.startedAt,
      how: 'killed',
      exitCode: null,
      reason: 'killed, or its machine was lost',
      iterationsDone: commit?.ledger.done ?? record.resumedFrom?.iterationsDone ?? 0,
      commit: commit?.seq ?? record.resumedFrom?.commit ?? null,
      iterationsLost: seen?.lossWindow.iterations ?? null,
    },
  };
}

async function readProgress(outputs: ObjectStore): Promise<Progress | null> {
  try {
    return parseDocument(
      progressSchema,
      await outputs.get(outputKeys.progress),
      outputKeys.progress,
    );
  } catch (error) {
    if (isStoreError(error, 'NOT_FOUND') || error instanceof JobSpecError) {
      return null;
    }
    throw error;
  }
}
