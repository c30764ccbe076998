import { rm } from 'node:fs/promises';
import { listCommits, restoreCommit, restoreNewest } from '@openevolve-aws/checkpoint-sync';
import type { ObjectStore } from '@openevolve-aws/object-store';
import type { Random } from '../kill/random.ts';
import { digest, readTree } from './checkpoint-tree.ts';
import type { History } from './history.ts';
import type { WriterLife } from './killed-writer.ts';

/** Retention keeps at least the newest of them. */
const KEPT = 10;
/** A newer writer, or a store that was out of reach for too long. */
const FAILURES = ['SUPERSEDED', 'UNAVAILABLE', 'UNRESOLVED'];

export interface Entry {
  readonly seq: number;
  readonly kind: string;
  readonly generation: number;
}

/** What is wrong with what the writers said of themselves. */
export function verifyLife({ name, reports, problem }: WriterLife, history: History): string[] {
  const wrong = problem === null ? [] : [`${name}: ${problem}`];
  let generation = Number.POSITIVE_INFINITY;
  for (const report of reports) {
    if (report.event === 'claimed') generation = report.generation;
    if (report.event === 'failed' && !FAILURES.includes(report.code)) {
      wrong.push(`${name} was told ${report.code}, though all faults pass: ${report.message}`);
    }
    if (report.event !== 'restored') continue;
    const last = history.lastBefore(generation);
    if (report.seq < last) {
      wrong.push(`${name} restored ${report.seq} though ${last} was acknowledged before its claim`);
    }
    wrong.push(...verifyTree(`${name} restored`, report.seq, report.digest, history));
    if (report.skipped.length > 0) wrong.push(`${name} passed over: ${report.skipped.join('; ')}`);
  }
  return wrong;
}

/** A restored checkpoint must be one that a writer made, and the acknowledged one if it was. */
function verifyTree(who: string, seq: number, restored: string, history: History): string[] {
  if (seq === 0) return [];
  const acknowledged = history.digestAt(seq);
  if (acknowledged !== undefined && restored !== acknowledged) {
    return [`${who} ${seq}, and it is not what was acknowledged there`];
  }
  return history.attempted.has(restored) ? [] : [`${who} ${seq}, which no writer has made`];
}

/** What is wrong with what lies in the store, read without any fault. */
export async function verifyStore(
  store: ObjectStore,
  history: History,
  folder: string,
  random: Random,
): Promise<{ wrong: string[]; newest: number; entries: readonly Entry[] }> {
  const entries = await readEntries(store);
  const wrong = [...verifyLog(entries, history)];

  let newest = 0;
  try {
    const { commit, skipped } = await restoreNewest(store, folder);
    newest = commit?.seq ?? 0;
    const last = history.lastBefore(Number.POSITIVE_INFINITY);
    if (newest < last) wrong.push(`the newest commit is ${newest}, and ${last} was acknowledged`);
    for (const { seq, reason } of skipped) wrong.push(`commit ${seq} was passed over: ${reason}`);
    if (commit) wrong.push(...(await verifyRestored(newest, folder, history)));

    const listed = await listCommits(store);
    const commits = entries.filter(({ kind }) => kind === 'commit');
    const oldestKept = commits.at(-KEPT)?.seq ?? 0;
    for (const { seq } of history.acknowledged) {
      if (seq >= oldestKept && !listed.some((one) => one.seq === seq)) {
        wrong.push(`commit ${seq} was acknowledged and is not listed`);
      }
    }
    const any = listed[Math.floor(random.next() * listed.length)];
    if (any) {
      await restoreCommit(store, any, folder);
      wrong.push(...(await verifyRestored(any.seq, folder, history)));
    }
  } catch (error) {
    wrong.push(`a reader was told: ${error}`);
  }
  return { wrong, newest, entries };
}

/** Looks at what was restored, and removes it. */
async function verifyRestored(seq: number, folder: string, history: History): Promise<string[]> {
  const tree = await readTree(folder);
  await rm(folder, { recursive: true });
  return verifyTree('a reader restored', seq, digest(tree), history);
}

/** The log as it lies there, without the engine that is under test. */
async function readEntries(store: ObjectStore): Promise<Entry[]> {
  const entries: Entry[] = [];
  for await (const { key } of store.list('commits/')) {
    entries.push(JSON.parse(Buffer.from(await store.get(key)).toString()));
  }
  return entries;
}

function* verifyLog(entries: readonly Entry[], history: History): Generator<string> {
  const gap = entries.findIndex(({ seq }, index) => seq !== index + 1);
  if (gap >= 0) yield `the log has ${entries[gap]?.seq} at place ${gap + 1}`;
  for (const { seq, generation } of history.acknowledged) {
    const entry = entries[seq - 1];
    if (entry?.kind !== 'commit' || entry.generation !== generation) {
      yield `commit ${seq} of ${generation} was acknowledged, and there lies ${JSON.stringify(entry)}`;
    }
    const claim = entries.slice(0, seq).findLast(({ kind }) => kind === 'claim');
    if (claim && claim.generation > generation) {
      yield `commit ${seq} of ${generation} was acknowledged after the claim of ${claim.generation}`;
    }
  }
}
