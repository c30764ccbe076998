import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import {
  JobLog,
  type JobState,
  restoreCommit,
  restoreNewest,
} from '@openevolve-aws/checkpoint-sync';
import {
  attemptRecordSchema,
  type CommitEntry,
  parseDocument,
  summarySchema,
} from '@openevolve-aws/job-spec';
import { outputKeys } from '@openevolve-aws/s3-layout';
import { type EvolutionLog, populationAfter } from './evolution-log.ts';
import type { StoredJob } from './job.ts';

/** What a job's store holds at one moment. */
export interface Standing {
  /** The newest commit that can be restored. */
  readonly commit: CommitEntry | null;
  /** Ids of its programs. */
  readonly population: ReadonlySet<string>;
  readonly state: JobState;
  /** Entries of the log. */
  readonly entries: number;
  /** What readers would have to pass over. */
  readonly problems: readonly string[];
}

/** Restores the newest commit as any reader would, with every hash checked. */
export async function readStanding(job: StoredJob): Promise<Standing> {
  const folder = await mkdtemp(join(job.folder, 'restored-'));
  try {
    const log = await JobLog.open(job.outputs);
    const { commit, skipped } = await restoreNewest(job.outputs, join(folder, 'checkpoint'));
    return {
      commit,
      population: commit ? await idsIn(join(folder, 'checkpoint')) : new Set(),
      state: log.state,
      entries: log.lastSeq,
      problems: [
        ...skipped.map(({ seq, reason }) => `commit ${seq} does not restore: ${reason}`),
        ...[...log.state.quarantined].map(([seq, why]) => `commit ${seq} is quarantined: ${why}`),
        ...log.state.ignored.map(({ seq, reason }) => `log entry ${seq} does not count: ${reason}`),
      ],
    };
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Ids of the programs of one commit; none of no commit. */
export async function populationOf(
  job: StoredJob,
  commit: CommitEntry | null,
): Promise<Set<string>> {
  if (!commit) {
    return new Set();
  }
  const folder = await mkdtemp(join(job.folder, 'restored-'));
  try {
    await restoreCommit(job.outputs, commit, join(folder, 'checkpoint'));
    return await idsIn(join(folder, 'checkpoint'));
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function idsIn(checkpoint: string): Promise<Set<string>> {
  const programs = await readdir(join(checkpoint, 'programs'));
  return new Set(programs.map((name) => name.replace(/\.json$/, '')));
}

/** What an attempt left behind, held against what OpenEvolve logged meanwhile. */
export interface AttemptVerdict {
  /** The iterations of this attempt that are committed, as OpenEvolve's log numbers them. */
  readonly committed: readonly number[];
  /** How many of them gave no program. */
  readonly failed: number;
  /** When each iteration finished that no commit holds, in milliseconds since 1970. */
  readonly lostAt: readonly number[];
  readonly violations: readonly string[];
}

/**
 * Holds the newest commit after an attempt against OpenEvolve's own log of it.
 *
 * The commit says how many iterations it holds. So many have finished in the log, and the programs
 * of the commit are exactly those that the log then leaves in the population: the ones before the
 * attempt and the added ones, without those that it names as displaced or over the limit.
 */
export function verifyAttempt(
  before: Pick<Standing, 'commit' | 'population'>,
  after: Pick<Standing, 'commit' | 'population' | 'problems'>,
  log: EvolutionLog,
): AttemptVerdict {
  const violations = [...after.problems];
  const count = (after.commit?.ledger.done ?? 0) - (before.commit?.ledger.done ?? 0);
  if ((after.commit?.seq ?? 0) < (before.commit?.seq ?? 0) || count < 0) {
    violations.push(
      `the newest commit is ${after.commit?.seq} after the attempt, and was ${before.commit?.seq}`,
    );
  }
  if (count > log.iterations.length) {
    violations.push(
      `the attempt committed ${count} iterations, and OpenEvolve finished ${log.iterations.length}`,
    );
  }
  if (after.commit && after.commit.seq !== before.commit?.seq) {
    const expected = populationAfter(before.population, log, count);
    const missing = [...expected].filter((id) => !after.population.has(id));
    const surplus = [...after.population].filter((id) => !expected.has(id));
    if (missing.length > 0 || surplus.length > 0) {
      violations.push(
        `commit ${after.commit.seq} misses ${missing.length} programs that nothing displaced (${missing}) and has ${surplus.length} too many (${surplus})`,
      );
    }
  }
  const held = log.iterations.slice(0, count);
  return {
    committed: held.flatMap(({ number }) => (number === null ? [] : [number])),
    failed: held.filter(({ program }) => program === null).length,
    lostAt: log.iterations.slice(Math.max(0, count)).map(({ at }) => at),
    violations,
  };
}

/** What all attempts of a job committed together. */
export interface Totals {
  readonly committed: readonly number[];
  readonly failed: number;
}

/** Checks the results of a job that has ended with exit code 0. */
export async function verifyJob(
  job: StoredJob,
  { state }: Standing,
  { committed, failed }: Totals,
): Promise<string[]> {
  const violations: string[] = [];
  const expect = (what: string, actual: unknown, expected: unknown): void => {
    if (!isDeepStrictEqual(actual, expected)) {
      violations.push(
        `${what}: ${JSON.stringify(actual)?.slice(0, 300)} instead of ${JSON.stringify(expected)}`,
      );
    }
  };
  const { iterations } = job;
  const ledger = state.end?.ledger;
  expect('asked in the ledger', ledger?.asked, iterations);
  expect('done in the ledger', ledger?.done, iterations);
  expect('failed in the ledger', ledger?.failed, failed);
  expect('iterations that OpenEvolve logged', committed.length, iterations);
  expect('numbers used twice', committed.length - new Set(committed).size, 0);

  const summary = parseDocument(
    summarySchema,
    await job.outputs.get(outputKeys.summary),
    outputKeys.summary,
  );
  expect('iterations of the summary', summary.iterations, {
    asked: iterations,
    completed: iterations,
    failed,
  });
  expect('final commit of the summary', summary.finalCommit, state.end?.commit);
  expect('candidates of the summary', summary.candidates, ledger?.candidates);
  const skipped = summary.attempts.flatMap((attempt) => attempt.skipped);
  expect('commits that attempts passed over', skipped, []);
  const best = summary.best && (await job.outputs.get(summary.best.file)).byteLength > 0;
  expect('a best program is there', best, true);
  for (const { generation } of summary.attempts) {
    const key = outputKeys.attempt(generation);
    parseDocument(attemptRecordSchema, await job.outputs.get(key), key);
  }

  const trace = await readFile(join(job.outputs.root, outputKeys.log('iterations.jsonl')), 'utf8');
  const traced = trace
    .split('\n')
    .filter(Boolean)
    .map((line) => (JSON.parse(line) as { iteration: number }).iteration);
  const byNumber = (a: number, b: number): number => a - b;
  const missing = committed.filter((number) => !traced.includes(number)).sort(byNumber);
  expect('iterations that the trace misses', missing, []);
  expect('lines of the trace', traced.length, iterations);
  return violations;
}
