import { z } from 'zod';
import { MAX_ITERATIONS } from '../limits.ts';

const count = z.int().min(0);
const iterationRange = z.tuple([z.int().min(1), z.int().min(1)]);

/**
 * What was asked, done and spent over all attempts: the only source for what is left.
 *
 * `finished` holds the numbers of the finished iterations as closed ranges in rising order, since
 * iterations finish out of order and a kill leaves holes. `done` counts them; `failed` of them
 * produced no program, and `candidates` of them a program that was evaluated with success.
 */
export const ledgerSchema = z
  .object({
    asked: z.int().min(1).max(MAX_ITERATIONS),
    done: count,
    failed: count,
    candidates: count,
    finished: z.array(iterationRange),
    tokens: z.object({ prompt: count, completion: count }),
  })
  .superRefine((ledger, context) => {
    let previous = 0;
    let total = 0;
    for (const [first, last] of ledger.finished) {
      if (first <= previous || last < first) {
        context.addIssue({
          code: 'custom',
          path: ['finished'],
          message: 'ranges rise and do not touch',
        });
        return;
      }
      previous = last + 1;
      total += last - first + 1;
    }
    if (total !== ledger.done) {
      context.addIssue({
        code: 'custom',
        path: ['done'],
        message: 'counts the finished iterations',
      });
    }
    if (ledger.failed + ledger.candidates > ledger.done) {
      context.addIssue({
        code: 'custom',
        path: ['failed'],
        message: 'failed and candidates are part of done',
      });
    }
  });

export type Ledger = z.output<typeof ledgerSchema>;

/**
 * The ledger of a job that has not begun.
 *
 * @example
 * emptyLedger(100).done; // 0
 */
export function emptyLedger(asked: number): Ledger {
  return {
    asked,
    done: 0,
    failed: 0,
    candidates: 0,
    finished: [],
    tokens: { prompt: 0, completion: 0 },
  };
}

/** Iterations that are still to be done. */
export function iterationsLeft(ledger: Ledger): number {
  return Math.max(0, ledger.asked - ledger.done);
}
