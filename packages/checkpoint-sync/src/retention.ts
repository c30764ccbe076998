import type { CommitEntry } from '@openevolve-aws/job-spec';
import type { JobState } from './job-state.ts';

const NEWEST = 10;
/** Parts of a run of which one commit each is kept. */
const PARTS = 10;

/**
 * The commits that pruning drops. Kept are the newest ten; each that brought a new best score; the
 * last one of each tenth of the run, by finished of asked iterations; the final one; those that are
 * pinned; and those that the caller names. No clock is asked.
 *
 * What is kept stays kept when the others are gone, so the plan can be made again at any time.
 *
 * @param keep seqs of commits that must stay whatever else holds.
 * @example
 * planRetention(log.state, [session.base.seq]); // [4, 5, 7]
 */
export function planRetention(
  { commits, ledger, end }: Pick<JobState, 'commits' | 'ledger' | 'end'>,
  keep: Iterable<number>,
): number[] {
  const asked = ledger?.asked ?? 1;
  const parts = new Map(commits.map((commit) => [partOf(commit, asked), commit.seq]));
  const kept = new Set([
    ...commits.slice(-NEWEST).map(({ seq }) => seq),
    ...newBests(commits),
    ...parts.values(),
    ...commits.filter(({ pinned }) => pinned).map(({ seq }) => seq),
    ...keep,
  ]);
  if (end) kept.add(end.commit);
  return commits.map(({ seq }) => seq).filter((seq) => !kept.has(seq));
}

/** Which part of the run a commit ends in; a run that was extended has longer parts. */
function partOf({ ledger }: CommitEntry, asked: number): number {
  return Math.min(PARTS, Math.floor((PARTS * ledger.done) / asked));
}

function newBests(commits: readonly CommitEntry[]): number[] {
  let best = Number.NEGATIVE_INFINITY;
  return commits.flatMap(({ seq, best: program }) => {
    const score = program?.score ?? Number.NEGATIVE_INFINITY;
    if (score <= best) return [];
    best = score;
    return [seq];
  });
}
