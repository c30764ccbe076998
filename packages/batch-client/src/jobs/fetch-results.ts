import { randomUUID } from 'node:crypto';
import { cp, mkdir, readdir, realpath, rename, rm, writeFile } from 'node:fs/promises';
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
import { findJob } from './find-job.ts';
import { findRun } from './find-run.ts';
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
 * @throws {BatchClientError} `CONFLICT` when the folder has something in it or a key is refused,
 *   `NOT_FOUND` while the job has no results yet.
 * @example
 * const { files } = await fetchResults(backend, 'alice', 'a1b2c3d4', { directory: './my-results' });
 */
export async function fetchResults(
  backend: Backend,
  owner: string,
  reference: string,
  { directory, force = false, onFile = () => undefined }: ResultsRequest,
): Promise<FetchedResults> {
  const target = await realPathOf(resolve(directory));
  if ((await entriesOf(target)).length > 0 && !force) {
    throw occupied(target);
  }
  const job = await findJob(backend, owner, reference);
  const prefix = jobPrefixes(job.owner, job.id).output;
  const summaryKey = `${prefix}/${outputKeys.summary}`;
  const summary = await readStored(backend, 'outputs', summarySchema, summaryKey);
  if (!summary) {
    const { status, statusReason } = (await findRun(backend, owner, job.id)).batch;
    throw new BatchClientError(
      'NOT_FOUND',
      `Job ${job.id} has no results yet: it is ${status}${statusReason ? ` (${statusReason})` : ''}. They are written when it is done.`,
    );
  }

  await mkdir(dirname(target), { recursive: true });
  const gathered = join(dirname(target), `.${basename(target)}.${randomUUID()}`);
  const files: string[] = [];
  try {
    for (const name of await resultNames(backend, prefix, summary)) {
      const path = join(gathered, name);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, backend.outputs.getStream(`${prefix}/${name}`), { flag: 'wx' });
      files.push(name);
      onFile(name);
    }
    await moveIntoPlace(gathered, target, force);
  } finally {
    await rm(gathered, { recursive: true, force: true });
  }
  return { job, summary, directory: target, files };
}

/** Checked as a whole before any of it is written. */
async function resultNames(backend: Backend, prefix: string, summary: Summary): Promise<string[]> {
  const names = new Set([...(summary.best ? [summary.best.file] : []), outputKeys.summary]);
  for await (const { key } of backend.outputs.list(`${prefix}/${outputKeys.logs}`)) {
    names.add(key.slice(prefix.length + 1));
  }
  for (const name of names) {
    if (!relativeFileSchema.safeParse(name).success) {
      throw new BatchClientError(
        'CONFLICT',
        `The results hold a file with the name ${JSON.stringify(name)}, which could lead out of the folder. Nothing was written; look at ${backend.outputUri(prefix)}.`,
      );
    }
  }
  return [...names];
}

/** A rename replaces an empty folder and nothing else, so nothing that came meanwhile is lost. */
async function moveIntoPlace(gathered: string, target: string, force: boolean): Promise<void> {
  try {
    await rename(gathered, target);
  } catch (cause) {
    // EBUSY: the folder is a mount point.
    const { code = '' } = cause as NodeJS.ErrnoException;
    if (!['ENOTEMPTY', 'EEXIST', 'ENOTDIR', 'EBUSY'].includes(code)) {
      throw cause;
    }
    if (!force) {
      throw occupied(target, cause);
    }
    await cp(gathered, target, { recursive: true, force: true });
  }
}

function occupied(target: string, cause?: unknown): BatchClientError {
  return new BatchClientError(
    'CONFLICT',
    `The folder ${target} is not empty or in use; name another one, or add --force to replace files in it.`,
    { cause },
  );
}

/** A link to a folder stays, and the folder takes the results. */
async function realPathOf(path: string): Promise<string> {
  return realpath(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') {
      return path;
    }
    throw cannotTakeResults(path, error);
  });
}

async function entriesOf(directory: string): Promise<string[]> {
  return readdir(directory).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT') {
      return [];
    }
    throw cannotTakeResults(directory, cause);
  });
}

function cannotTakeResults(path: string, cause: NodeJS.ErrnoException): BatchClientError {
  return new BatchClientError(
    'CONFLICT',
    `${path} cannot take results (${cause.code === 'ENOTDIR' ? 'it is a file' : cause.code}); name another folder.`,
    { cause },
  );
}
