import { randomUUID } from 'node:crypto';
import { cp, mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import {
  type Job,
  relativeFileSchema,
  type Summary,
  summarySchema,
} from '@openevolve-aws/job-spec';
import { jobPrefixes, outputKeys } from '@openevolve-aws/s3-layout';
import type { Backend } from '../backend.ts';
import { BatchClientError } from '../errors.ts';
import { findJob, newestSubmission } from './find-job.ts';
import { readStored } from './stored-document.ts';

export interface ResultsRequest {
  /** Where the results go; made when missing. */
  readonly directory: string;
  /** Write into a folder that has something in it, replacing files of the same names. */
  readonly force?: boolean;
  readonly onFile?: (name: string) => void;
}

export interface FetchedResults {
  readonly job: Job;
  readonly summary: Summary;
  readonly directory: string;
  readonly files: readonly string[];
}

/**
 * Downloads a job's results: the best program, the summary and the logs, without checkpoints.
 *
 * They are gathered beside the target and moved into place whole. Keys that would lead out of the
 * folder are refused.
 *
 * @throws {BatchClientError} `CONFLICT` when the folder has something in it, `NOT_FOUND` while the
 *   job has no results yet.
 * @example
 * const { files } = await fetchResults(backend, 'alice', 'a1b2c3d4', { directory: './my-results' });
 */
export async function fetchResults(
  backend: Backend,
  owner: string,
  reference: string,
  { directory, force = false, onFile = () => undefined }: ResultsRequest,
): Promise<FetchedResults> {
  const target = resolve(directory);
  const occupied = (await entriesOf(target)).length > 0;
  if (occupied && !force) {
    throw new BatchClientError(
      'CONFLICT',
      `The folder ${target} is not empty; name another one, or add --force to replace files in it.`,
    );
  }
  const job = await findJob(backend, owner, reference);
  const prefix = jobPrefixes(job.owner, job.id).output;
  const summaryKey = `${prefix}/${outputKeys.summary}`;
  const summary = await readStored(
    backend.outputs,
    summarySchema,
    summaryKey,
    backend.outputUri(summaryKey),
  );
  if (!summary) {
    const { status, statusReason } = await newestSubmission(backend, job);
    throw new BatchClientError(
      'NOT_FOUND',
      `Job ${job.id} has no results yet: it is ${status}${statusReason ? ` (${statusReason})` : ''}. They are written when it is done.`,
    );
  }

  await mkdir(dirname(target), { recursive: true });
  const gathered = join(dirname(target), `.${basename(target)}.${randomUUID()}`);
  const files: string[] = [];
  try {
    for await (const name of resultNames(backend, prefix, summary)) {
      const content = await backend.outputs.get(`${prefix}/${name}`);
      const path = join(gathered, name);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, content);
      files.push(name);
      onFile(name);
    }
    if (occupied) {
      await cp(gathered, target, { recursive: true, force: true });
    } else {
      await rm(target, { recursive: true, force: true });
      await rename(gathered, target);
    }
  } finally {
    await rm(gathered, { recursive: true, force: true });
  }
  return { job, summary, directory: target, files };
}

async function* resultNames(
  backend: Backend,
  prefix: string,
  summary: Summary,
): AsyncGenerator<string> {
  const top = [...(summary.best ? [summary.best.file] : []), outputKeys.summary];
  for (const name of top) {
    yield safeName(name);
  }
  for await (const { key } of backend.outputs.list(`${prefix}/${outputKeys.logs}`)) {
    yield safeName(key.slice(prefix.length + 1));
  }
}

function safeName(name: string): string {
  const parsed = relativeFileSchema.safeParse(name);
  if (!parsed.success) {
    throw new BatchClientError(
      'UNAVAILABLE',
      `The results hold a file with the name ${JSON.stringify(name)}, which could lead out of the folder; nothing was written.`,
    );
  }
  return parsed.data;
}

async function entriesOf(directory: string): Promise<string[]> {
  return readdir(directory).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT') {
      return [];
    }
    throw new BatchClientError(
      'CONFLICT',
      `${directory} cannot take results (${cause.code === 'ENOTDIR' ? 'it is a file' : cause.code}); name another folder.`,
      { cause },
    );
  });
}
