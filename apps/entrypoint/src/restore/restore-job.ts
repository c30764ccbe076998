import { rm } from 'node:fs/promises';
import type { Session } from '@openevolve-aws/checkpoint-sync';
import type { AttemptRecord, CommitEntry } from '@openevolve-aws/job-spec';
import { EntrypointError } from '../errors.ts';
import type { Log } from '../log.ts';
import { findCheckpointProblem } from './checkpoint-validity.ts';
import { judgeProgress } from './progress-rule.ts';

export interface RestoredJob {
  /** Null for a start from the beginning. */
  readonly commit: CommitEntry | null;
  readonly skipped: AttemptRecord['skipped'];
}

/**
 * Restores the newest commit that verifies, that OpenEvolve can load whole, and that is not to blame
 * for attempts that came to nothing. Commits that are passed over for one of the last two reasons
 * are quarantined, so that no later attempt tries them again.
 *
 * @param directory where the checkpoint goes; replaced.
 * @param earlier records of all attempts before this one, all of them ended.
 * @throws {EntrypointError} `INTERNAL` when the job makes no progress.
 */
export async function restoreJob(
  session: Session,
  directory: string,
  earlier: readonly AttemptRecord[],
  submission: number,
  log: Log,
): Promise<RestoredJob> {
  const skipped: AttemptRecord['skipped'] = [];
  const quarantine = async (seq: number, reason: string) => {
    log.warn(`Commit ${seq} is put aside: ${reason}.`);
    skipped.push({ seq, reason });
    await session.quarantine(seq, reason.slice(0, 1000));
  };

  const verdict = judgeProgress(earlier, submission);
  if (verdict.kind === 'give up') {
    throw new EntrypointError('INTERNAL', `${verdict.reason}.`);
  }
  // A run that is complete has only its results left to write, for which no commit is to blame.
  if (verdict.kind === 'quarantine' && verdict.commit !== session.state.end?.commit) {
    await quarantine(verdict.commit, verdict.reason);
  }

  for (const { seq, reason } of session.state.unreadable) {
    log.warn(`Entry ${seq} of the log is passed over: ${reason}`);
    skipped.push({ seq, reason });
  }

  for (;;) {
    await rm(directory, { recursive: true, force: true });
    const result = await session.restore(directory);
    for (const { seq, reason } of result.skipped) {
      log.warn(`Commit ${seq} is passed over: ${reason}`);
      skipped.push({ seq, reason });
    }
    if (!result.commit) {
      tellOfLoss(0, session, log);
      return { commit: null, skipped };
    }
    const problem = await findCheckpointProblem(directory);
    if (problem === null) {
      tellOfLoss(result.commit.ledger.done, session, log);
      return { commit: result.commit, skipped };
    }
    await quarantine(result.commit.seq, problem);
  }
}

/** The ledger of the log counts what is done, whatever became of the commits that held it. */
function tellOfLoss(restored: number, { state }: Session, log: Log): void {
  const lost = (state.ledger?.done ?? 0) - restored;
  if (lost > 0) {
    log.error(`${lost} finished iterations are lost with the commits that are passed over.`);
  }
}
