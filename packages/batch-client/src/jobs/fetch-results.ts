import { createWriteStream } from 'node:fs';
import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import {
  type CommitEntry,
  type Job,
  relativeFileSchema,
  type Summary,
  summarySchema,
} from '@openevolve-aws/job-spec';
import { isStoreError, type ObjectStore, prefixed } from '@openevolve-aws/object-store';
import { jobPrefixes, outputKeys } from '@openevolve-aws/s3-layout';
import { throwIfAborted } from '../abort.ts';
import type { Backend } from '../backend.ts';
import { BatchClientError } from '../errors.ts';
import { concurrently } from './concurrently.ts';
import { findJob } from './find-job.ts';
import { findRun } from './find-run.ts';
import {
  entriesOf,
  gatheringFor,
  moveIntoPlace,
  occupied,
  realPathOf,
  resultsIn,
} from './results-folder.ts';
import { readStored } from './stored-document.ts';
import { withSignal } from './with-signal.ts';

export interface ResultsRequest {
  /** Where the results go; made when missing. */
  readonly directory: string;
  /** Write into a folder that has something in it, replacing files of the same names. */
  readonly force?: boolean;
  /**
   * Restore checkpoints as plain folders, also of a job without results: the newest, all that are
   * kept, or the one of that number.
   */
  readonly checkpoints?: 'latest' | 'all' | number | undefined;
  readonly onFile?: (name: string) => void;
  readonly onProgress?: (progress: ResultsProgress) => void;
  readonly signal?: AbortSignal | undefined;
}

/** In bytes of results, without checkpoints. */
export interface ResultsProgress {
  readonly done: number;
  readonly total: number;
}

export interface FetchedResults {
  readonly job: Job;
  /** Null for a job without results, of which checkpoints were asked for. */
  readonly summary: Summary | null;
  readonly directory: string;
  readonly files: readonly string[];
  /** Names of the restored checkpoints, under `checkpoints/`. */
  readonly checkpoints: readonly string[];
}

const DOWNLOADS_AT_ONCE = 8;

/**
 * Downloads a job's results: the best program, the summary and the logs, and checkpoints when they
 * are asked for.
 *
 * They are gathered beside the target, or inside the working folder, and moved into place whole; a download that the network or the
 * caller ended goes on where it was. Keys that would lead out of the folder are refused.
 *
 * @throws {BatchClientError} `CONFLICT` when the folder has something in it or a key is refused,
 *   `NOT_FOUND` while the job has no results yet, or not the checkpoint.
 * @throws {CheckpointSyncError} when a checkpoint is damaged.
 * @example
 * const { files } = await fetchResults(backend, 'alice', 'a1b2c3d4', { directory: './my-results' });
 */
export async function fetchResults(
  backend: Backend,
  owner: string,
  reference: string,
  request: ResultsRequest & { readonly checkpoints?: undefined },
): Promise<FetchedResults & { readonly summary: Summary }>;
export async function fetchResults(
  backend: Backend,
  owner: string,
  reference: string,
  request: ResultsRequest,
): Promise<FetchedResults>;
export async function fetchResults(
  backend: Backend,
  owner: string,
  reference: string,
  request: ResultsRequest,
): Promise<FetchedResults> {
  const { directory, force = false, checkpoints, signal } = request;
  const target = await realPathOf(resolve(directory));
  if ((await resultsIn(target)).length > 0 && !force) {
    throw occupied(target);
  }
  const asked = withSignal(backend, signal);
  const job = await findJob(asked, owner, reference);
  const prefix = jobPrefixes(job.owner, job.id).output;
  const summaryKey = `${prefix}/${outputKeys.summary}`;
  const summary = await readStored(asked, 'outputs', summarySchema, summaryKey);
  if (!summary && checkpoints === undefined) {
    const { status, statusReason } = (await findRun(asked, owner, job.id)).batch;
    throw new BatchClientError(
      'NOT_FOUND',
      `Job ${job.id} has no results yet: it is ${status}${statusReason ? ` (${statusReason})` : ''}. They are written when it is done.`,
    );
  }
  const store = prefixed(asked.outputs, prefix);
  const files = summary ? await resultFiles(asked, store, prefix, summary) : new Map();
  const commits =
    checkpoints === undefined ? [] : await chosenCommits(store, job, checkpoints, signal);

  const state = summary?.finalCommit ?? 'checkpoints';
  const { gathered, scratch } = await gatheringFor(target, `${job.id}-${state}`);
  try {
    await mkdir(gathered, { recursive: true });
    await download(store, files, gathered, scratch, request);
    await restoreInto(store, commits, gathered, signal);
    throwIfAborted(signal);
    await moveIntoPlace(gathered, target, force);
  } catch (error) {
    if (!isWorthGoingOn(error, signal)) {
      await rm(gathered, { recursive: true, force: true });
    }
    throw error;
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
  await rm(gathered, { recursive: true, force: true });
  const labels = commits.map(({ label }) => label);
  return { job, summary, directory: target, files: [...files.keys()], checkpoints: labels };
}

/** Names with their bytes, checked as a whole before any of it is written. */
async function resultFiles(
  backend: Backend,
  store: ObjectStore,
  prefix: string,
  summary: Summary,
): Promise<Map<string, number>> {
  const names = new Map<string, number>();
  for await (const { key, bytes } of backend.outputs.list(`${prefix}/${outputKeys.logs}`)) {
    names.set(key.slice(prefix.length + 1), bytes);
  }
  const own = [...(summary.best ? [summary.best.file] : []), outputKeys.summary];
  for (const name of [...own, ...names.keys()]) {
    if (!relativeFileSchema.safeParse(name).success) {
      throw new BatchClientError(
        'CONFLICT',
        `The results hold a file with the name ${JSON.stringify(name)}, which could lead out of the folder. Nothing was written; look at ${backend.outputUri(prefix)}.`,
      );
    }
  }
  for (const name of own) {
    names.set(name, await store.size(name));
  }
  return names;
}

/** @param scratch for files that are not whole yet. */
async function download(
  store: ObjectStore,
  files: ReadonlyMap<string, number>,
  folder: string,
  scratch: string,
  { onFile = () => undefined, onProgress = () => undefined, signal }: ResultsRequest,
): Promise<void> {
  const total = [...files.values()].reduce((sum, bytes) => sum + bytes, 0);
  let done = 0;
  const numbered = [...files].map(([name, bytes], number) => ({ name, bytes, number }));
  await concurrently(numbered, DOWNLOADS_AT_ONCE, async ({ name, bytes, number }) => {
    const path = join(folder, name);
    const present = await stat(path).catch(() => null);
    if (present?.size === bytes) {
      done += bytes;
    } else {
      await mkdir(dirname(path), { recursive: true });
      const unfinished = join(scratch, String(number));
      const counted = async function* () {
        for await (const piece of store.getStream(name)) {
          done += piece.byteLength;
          onProgress({ done, total });
          yield piece;
        }
      };
      await pipeline(Readable.from(counted()), createWriteStream(unfinished), { signal });
      await rename(unfinished, path);
    }
    onProgress({ done, total });
    onFile(name);
  });
}

/** A checkpoint appears whole, so one that is there is from a download that was cut short. */
async function restoreInto(
  store: ObjectStore,
  commits: readonly CommitEntry[],
  folder: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  for (const commit of commits) {
    const { restoreCommit } = await import('@openevolve-aws/checkpoint-sync');
    const place = join(folder, outputKeys.checkpoint(commit.label));
    if ((await entriesOf(place)).length === 0) {
      await mkdir(dirname(place), { recursive: true });
      await restoreCommit(store, commit, place, signal && { signal });
    }
  }
}

async function chosenCommits(
  store: ObjectStore,
  job: Job,
  wanted: 'latest' | 'all' | number,
  signal: AbortSignal | undefined,
): Promise<CommitEntry[]> {
  // Loaded when it is needed, so that all else starts without the engine.
  const { listCommits } = await import('@openevolve-aws/checkpoint-sync');
  const kept = await listCommits(store, signal && { signal });
  // One label may have been committed more than once; the newest is what OpenEvolve has under it.
  const newest = [...new Map(kept.map((commit) => [commit.label, commit])).values()];
  const chosen =
    wanted === 'all'
      ? newest
      : wanted === 'latest'
        ? kept.slice(-1)
        : newest.filter(({ label }) => label === `checkpoint_${wanted}`);
  if (chosen.length === 0) {
    const there = newest.map(({ label }) => label.replace('checkpoint_', '')).join(', ');
    throw new BatchClientError(
      'NOT_FOUND',
      `Job ${job.id} has no ${typeof wanted === 'number' ? `checkpoint ${wanted}` : 'checkpoint'}; it has ${there || 'none yet'}.`,
    );
  }
  return chosen;
}

function isWorthGoingOn(error: unknown, signal: AbortSignal | undefined): boolean {
  return (
    signal?.aborted === true || isStoreError(error, 'UNAVAILABLE') || isStoreError(error, 'ABORTED')
  );
}
