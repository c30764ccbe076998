import { JobSpecError } from '@openevolve-aws/job-spec';
import {
  batchJobName,
  type TimeIndexEntry,
  timeIndexEntryOfKey,
  timeIndexPrefix,
} from '@openevolve-aws/s3-layout';
import { type Backend, type BatchJob, type BatchStatus, isTerminal } from '../backend.ts';
import { concurrently } from './concurrently.ts';
import { mayBeUnseen, recordedRun } from './recorded-run.ts';
import { withSignal } from './with-signal.ts';

export interface ListRequest {
  /** Only jobs in this state. */
  readonly status?: BatchStatus | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A job in a list: its newest submission, when that was claimed, and the job's name. */
export interface ListedJob extends BatchJob {
  readonly name: string;
}

/** What one call of DescribeJobs takes. */
const PAGE = 100;
/** Pages that are described at a time, after the first. */
const PAGES_AT_ONCE = 4;
const READS_AT_ONCE = 16;

/**
 * An owner's jobs, newest first, each with its newest submission; jobs that AWS Batch has forgotten
 * are among them. They are looked up as they are taken, so leaving the loop early saves the rest.
 *
 * A job whose record is damaged is left out; `describeJob` says what is wrong with it.
 *
 * @example
 * for await (const { jobId, name, status } of listJobs(backend, 'alice', { status: 'RUNNING' })) {
 *   console.log(jobId, name, status);
 * }
 */
export async function* listJobs(
  backend: Backend,
  owner: string,
  { status, signal }: ListRequest = {},
): AsyncGenerator<ListedJob> {
  const asked = withSignal(backend, signal);
  const isCandidate = await candidates(asked, status);
  let page: TimeIndexEntry[] = [];
  let size = PAGE;
  for await (const entry of newestOfEachJob(asked, owner)) {
    if (!isCandidate(entry)) {
      continue;
    }
    page.push(entry);
    if (page.length === size) {
      yield* await lookUp(asked, owner, page, status);
      page = [];
      size = PAGE * PAGES_AT_ONCE;
    }
  }
  yield* await lookUp(asked, owner, page, status);
}

/**
 * Which entries may be in a state. Few jobs of many have not ended, so the backend is asked for the
 * ids of those; what it does not show yet, or is not noted as handed over, is looked at all the same.
 */
async function candidates(
  backend: Backend,
  status: BatchStatus | undefined,
): Promise<(entry: TimeIndexEntry) => boolean> {
  if (status === undefined || isTerminal(status)) {
    return () => true;
  }
  const ids = await backend.idsInState(status);
  return ({ batchJobId, createdAt }) =>
    batchJobId === null ||
    ids.has(batchJobId) ||
    (status === 'SUBMITTED' && mayBeUnseen(createdAt));
}

/** From the index alone: of each job the newest submission, with its Batch job when that is noted. */
async function* newestOfEachJob(backend: Backend, owner: string): AsyncGenerator<TimeIndexEntry> {
  const seen = new Set<string>();
  let pending: TimeIndexEntry | null = null;
  for await (const { key } of backend.inputs.list(timeIndexPrefix(owner))) {
    const entry = timeIndexEntryOfKey(key);
    if (entry === null) {
      continue;
    }
    if (pending?.jobId === entry.jobId && pending.submission === entry.submission) {
      pending = entry;
      continue;
    }
    if (pending !== null) {
      yield pending;
    }
    pending = seen.has(entry.jobId) ? null : entry;
    seen.add(entry.jobId);
  }
  if (pending !== null) {
    yield pending;
  }
}

async function lookUp(
  backend: Backend,
  owner: string,
  entries: readonly TimeIndexEntry[],
  status: BatchStatus | undefined,
): Promise<ListedJob[]> {
  const named = await concurrently(entries, READS_AT_ONCE, async (entry) => ({
    ...entry,
    owner,
    batchJobId:
      entry.batchJobId ??
      (await backend.find(batchJobName({ name: entry.name, id: entry.jobId }, entry.submission))),
  }));
  const ids = named.flatMap(({ batchJobId }) => batchJobId ?? []);
  const { jobs, damaged } = await describeReadable(backend, ids);
  const known = new Map(jobs.map((job) => [job.batchJobId, job]));
  const rows = await concurrently(named, READS_AT_ONCE, async (facts) => {
    const job = known.get(facts.batchJobId);
    if (job) {
      return { ...job, name: facts.name, createdAt: facts.createdAt };
    }
    if (facts.batchJobId !== null && damaged.has(facts.batchJobId)) {
      return null;
    }
    // What a backend has forgotten has ended, so it need not be looked at for any other state.
    if (status !== undefined && !isTerminal(status) && status !== 'SUBMITTED') {
      return null;
    }
    const recorded = await recordedRun(backend, facts).catch(passOverDamaged);
    return recorded && { ...recorded, name: facts.name };
  });
  return rows.filter(
    (row) => row !== null && (status === undefined || row.status === status),
  ) as ListedJob[];
}

/** One record that cannot be read costs no other job anything. */
async function describeReadable(
  backend: Backend,
  ids: readonly string[],
): Promise<{ jobs: BatchJob[]; damaged: ReadonlySet<string> }> {
  const damaged = new Set<string>();
  if (ids.length === 0) {
    return { jobs: [], damaged };
  }
  const all = await backend.describe(ids).catch(passOverDamaged);
  if (all !== null) {
    return { jobs: all, damaged };
  }
  const each = await concurrently(ids, READS_AT_ONCE, async (id) => {
    const found = await backend.describe([id]).catch(passOverDamaged);
    if (found === null) {
      damaged.add(id);
    }
    return found ?? [];
  });
  return { jobs: each.flat(), damaged };
}

function passOverDamaged(error: unknown): null {
  if (error instanceof JobSpecError) {
    return null;
  }
  throw error;
}
