import type { AttemptRecord } from '@openevolve-aws/job-spec';

/** An attempt that was not interrupted and lived this long should have saved something. */
const LONG_LIFE_MS = 10 * 60 * 1000;
const FRUITLESS_FOR_QUARANTINE = 2;
const FRUITLESS_FOR_GIVING_UP = 4;

/** What follows from the attempts before this one. */
export type ProgressVerdict =
  | { readonly kind: 'go on' }
  | { readonly kind: 'quarantine'; readonly commit: number; readonly reason: string }
  | { readonly kind: 'give up'; readonly reason: string };

/**
 * Keeps a job from failing for ever: two attempts in a row that came to nothing from one commit put
 * the blame on it, so the next one goes on from an older commit; two more, and the job ends.
 *
 * An attempt came to nothing when it made no commit of its own and either ended by itself or lived
 * for over ten minutes. Interrupted attempts never count, and one that saved something clears the
 * account. Only attempts of this submission count: a person has looked at the earlier ones.
 *
 * @param records of all earlier attempts.
 * @param submission the number of the current one.
 */
export function judgeProgress(
  records: readonly AttemptRecord[],
  submission: number,
): ProgressVerdict {
  const fruitless: AttemptRecord[] = [];
  const newestFirst = records
    .filter((record) => record.submission === submission)
    .sort((a, b) => b.generation - a.generation);
  for (const record of newestFirst) {
    if (madeCommit(record)) {
      break;
    }
    if (cameToNothing(record)) {
      fruitless.push(record);
    }
  }
  const [last, before] = fruitless;
  const why = last?.ended?.reason ?? 'it was killed';
  if (fruitless.length >= FRUITLESS_FOR_GIVING_UP) {
    return {
      kind: 'give up',
      reason: `The job makes no progress: ${fruitless.length} attempts in a row saved nothing new (the last one: ${why}). Look at the ERROR lines of its log, mend the cause and resume it`,
    };
  }
  const from = last?.resumedFrom?.commit;
  if (from !== undefined && before?.resumedFrom?.commit === from) {
    return {
      kind: 'quarantine',
      commit: from,
      reason: `${FRUITLESS_FOR_QUARANTINE} attempts from it saved nothing new (the last one: ${why})`,
    };
  }
  return { kind: 'go on' };
}

function madeCommit({ ended, resumedFrom }: AttemptRecord): boolean {
  return ended !== null && ended.commit !== null && ended.commit !== resumedFrom?.commit;
}

function cameToNothing({ ended, startedAt }: AttemptRecord): boolean {
  if (ended === null || ended.how === 'interrupted') {
    return false;
  }
  const lived = Date.parse(ended.at) - Date.parse(startedAt);
  return ended.how === 'by itself' || lived > LONG_LIFE_MS;
}
