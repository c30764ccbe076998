import type { Session } from '@openevolve-aws/checkpoint-sync';
import type { CommitEntry, Outcome } from '@openevolve-aws/job-spec';
import type { ControlPlan } from '../control/control-plan.ts';
import type { Saved } from '../evolution/job-evolution.ts';

/**
 * The end that the log tells of, when nothing more is asked for and what was restored is what the
 * run ended with: an older commit is not, when the last one is damaged.
 */
export function completeRun(
  { state }: Session,
  restored: Saved | null,
  plan: ControlPlan,
): { outcome: Outcome; saved: Saved } | null {
  const { end } = state;
  return end && restored?.entry.seq === end.commit && plan.asked <= end.ledger.asked
    ? { outcome: end.outcome, saved: restored }
    : null;
}

/** What was spent is never undone, and no number is used twice, also after an older commit. */
export function carryOver(commit: CommitEntry, { state }: Session): CommitEntry {
  const newest = state.ledger ?? commit.ledger;
  const { tokens, lastIteration } = commit.ledger;
  return {
    ...commit,
    ledger: {
      ...commit.ledger,
      lastIteration: Math.max(lastIteration, newest.lastIteration),
      tokens: {
        prompt: Math.max(tokens.prompt, newest.tokens.prompt),
        completion: Math.max(tokens.completion, newest.tokens.completion),
      },
      ...(newest.spend && { spend: newest.spend }),
    },
  };
}
