import { join } from 'node:path';
import { JobSpecError } from '@openevolve-aws/job-spec';
import { z } from 'zod';
import type { LocalHome } from './home.ts';
import { type JobRecord, jobRecordSchema } from './job-record.ts';
import { createJson, listJson, readJson, replaceJson } from './json-file.ts';

const batchJobIdSchema = z.uuid();

/**
 * One job's record; null when there is none, and for what is no Batch job id at all.
 *
 * @throws {JobSpecError} when it is damaged or of another release's version.
 */
export async function readRecord(home: LocalHome, batchJobId: string): Promise<JobRecord | null> {
  if (!batchJobIdSchema.safeParse(batchJobId).success) {
    return null;
  }
  const path = recordFile(home, batchJobId);
  const record = await readJson(jobRecordSchema, path);
  if (record && record.batchJobId !== batchJobId) {
    throw new JobSpecError(
      'INVALID_DOCUMENT',
      `${path} is the record of another job, ${record.batchJobId}. It was copied there; remove it.`,
    );
  }
  return record;
}

/**
 * The records of a home. One that cannot be read is passed over, so that it costs no other job
 * anything.
 *
 * @param onProblem told of each that was passed over.
 * @param skip ids that need not be read.
 */
export async function readRecords(
  home: LocalHome,
  onProblem: (batchJobId: string, error: unknown) => void,
  skip: (batchJobId: string) => boolean = () => false,
): Promise<JobRecord[]> {
  const ids = (await listJson(home.jobs)).filter((id) => !skip(id));
  const records = await Promise.all(
    ids.map((id) =>
      readRecord(home, id).catch((error: unknown) => {
        onProblem(id, error);
        return null;
      }),
    ),
  );
  return records.filter((record) => record !== null);
}

/** @throws {z.ZodError} when a reader would refuse the record; nothing is written then. */
export async function saveRecord(home: LocalHome, record: JobRecord): Promise<void> {
  await replaceJson(recordFile(home, record.batchJobId), jobRecordSchema.parse(record));
}

/** The submitter's one write: a record that must not be there yet. */
export async function createRecord(home: LocalHome, record: JobRecord): Promise<void> {
  await createJson(recordFile(home, record.batchJobId), jobRecordSchema.parse(record));
}

function recordFile(home: LocalHome, batchJobId: string): string {
  return join(home.jobs, `${batchJobId}.json`);
}
