import type {
  ClaimEntry,
  CommitEntry,
  EndEntry,
  Ledger,
  LogEntry,
  QuarantineEntry,
  StopEntry,
} from '@openevolve-aws/job-spec';
import type { CheckpointSyncError } from './errors.ts';

/** One place of the log: the entry there, or why it cannot be read. */
export type LogRecord =
  | { readonly seq: number; readonly entry: LogEntry; readonly problem: null }
  | { readonly seq: number; readonly entry: null; readonly problem: CheckpointSyncError };

/** What the log says about its job. */
export interface JobState {
  /** The newest claim: only its generation's entries count from there on. */
  readonly claim: ClaimEntry | null;
  /** Commits that may be restored, oldest first: neither quarantined nor pruned. */
  readonly commits: readonly CommitEntry[];
  /** Why commits were quarantined, by seq. */
  readonly quarantined: ReadonlyMap<number, string>;
  /** The newest ledger, whatever became of its commit: spend is never undone. */
  readonly ledger: Ledger | null;
  readonly stop: StopEntry | null;
  readonly end: EndEntry | null;
  /** The entries that all of this comes from, in order: replaying them alone gives it again. */
  readonly live: readonly number[];
  /** Places that do not count since they cannot be read: one of them may have been a commit. */
  readonly unreadable: readonly { readonly seq: number; readonly reason: string }[];
  /** Places that do not count, and why. */
  readonly ignored: readonly { readonly seq: number; readonly reason: string }[];
}

/**
 * Replays a log. An entry counts if no entry before it is of a later generation.
 *
 * @param records in order; those that a counting prune entry among them does not name as live may be
 *   left out if they come before it.
 * @example
 * replay(log.records).commits.at(-1)?.label; // 'checkpoint_120'
 */
export function replay(records: readonly LogRecord[]): JobState {
  let generation = 0;
  let claim: ClaimEntry | null = null;
  let ledger: { seq: number; value: Ledger } | null = null;
  let stop: StopEntry | null = null;
  let end: EndEntry | null = null;
  const commits = new Map<number, CommitEntry>();
  const quarantines = new Map<number, QuarantineEntry>();
  const unreadable: { seq: number; reason: string }[] = [];
  const ignored: { seq: number; reason: string }[] = [];

  for (const { seq, entry, problem } of records) {
    if (!entry) {
      unreadable.push({ seq, reason: problem.message });
      ignored.push({ seq, reason: problem.message });
      continue;
    }
    if (entry.generation < generation) {
      const reason = `Generation ${entry.generation} wrote it, and ${generation} held the job.`;
      ignored.push({ seq, reason });
      continue;
    }
    generation = entry.generation;
    if (entry.kind === 'claim') claim = entry;
    else if (entry.kind === 'commit') commits.set(seq, entry);
    else if (entry.kind === 'prune') for (const dropped of entry.dropped) commits.delete(dropped);
    else if (entry.kind === 'quarantine') {
      quarantines.set(entry.commit, entry);
      commits.delete(entry.commit);
    } else if (entry.kind === 'stop') stop = entry;
    else if (entry.kind === 'end') end = entry;
    if ('ledger' in entry) ledger = { seq, value: entry.ledger };
  }
  const live = [
    ...[claim, ledger, stop, end].flatMap((source) => (source ? [source.seq] : [])),
    ...commits.keys(),
    ...[...quarantines.values()].map(({ seq }) => seq),
  ];
  return {
    claim,
    commits: [...commits.values()],
    quarantined: new Map([...quarantines].map(([commit, { reason }]) => [commit, reason])),
    ledger: ledger?.value ?? null,
    stop,
    end,
    live: [...new Set(live)].sort((left, right) => left - right),
    unreadable,
    ignored,
  };
}
