import { containerExit, type Outcome } from '@openevolve-aws/job-spec';
import { EntrypointError } from '../errors.ts';
import type { FinishedEvent } from '../runner/protocol.ts';
import type { RunnerExit } from '../runner/runner-process.ts';

/** How a run of the runner ended: complete, or to be gone on with. */
export type EvolutionEnd =
  | { readonly kind: 'complete'; readonly outcome: Outcome }
  | { readonly kind: 'unfinished'; readonly reason: string };

/** What is known when the runner has gone. */
export interface RunnerEvidence {
  readonly exit: RunnerExit;
  readonly finished: FinishedEvent | null;
  /** The last problem that the runner called fatal. */
  readonly fatal: string | null;
  readonly asked: number;
  /** Why it was asked to stop; null when it was not. */
  readonly stopReason: string | null;
}

/**
 * What the end of the runner means. Done is believed only when exit code, last event and ledger
 * agree.
 *
 * @throws {EntrypointError} when the job can never succeed, as the runner's exit code says.
 */
export function judgeEnd(evidence: RunnerEvidence): EvolutionEnd {
  const { exit, finished, fatal, asked, stopReason } = evidence;
  switch (exit.code) {
    case containerExit.DONE:
      return judgeDone(finished, asked);
    case containerExit.BAD_PROGRAM:
      throw new EntrypointError('BAD_PROGRAM', fatal ?? 'The program cannot be used.');
    case containerExit.NO_CANDIDATE:
      throw new EntrypointError('NO_CANDIDATE', fatal ?? 'No iteration gave a candidate.');
    case containerExit.INTERNAL:
      throw new EntrypointError('INTERNAL', fatal ?? 'The runner failed; the log says why.');
    case containerExit.GO_ON:
      return { kind: 'unfinished', reason: stopReason ?? fatal ?? 'ended short of what was asked' };
    case null:
      return {
        kind: 'unfinished',
        reason: stopReason
          ? `${stopReason}, and killed before it had saved`
          : `the runner was killed (${exit.signal})`,
      };
    default:
      throw new EntrypointError(
        'INTERNAL',
        `The runner ended with exit code ${exit.code}, which it never chooses: the evaluator or the program may have ended its process.`,
      );
  }
}

function judgeDone(finished: FinishedEvent | null, asked: number): EvolutionEnd {
  const outcome = finished?.outcome;
  const complete = outcome === 'target' || outcome === 'early-stop' || outcome === 'iterations';
  if (!complete || (outcome === 'iterations' && finished && finished.ledger.done < asked)) {
    return { kind: 'unfinished', reason: 'the runner ended without doing what was asked' };
  }
  return { kind: 'complete', outcome };
}
