import { z } from 'zod';
import { MAX_ITERATIONS } from '../limits.ts';
import { spendSchema } from './spend.ts';

const count = z.int().min(0);

/**
 * What was asked, done and spent over all attempts: the only source for what is left.
 *
 * `done` counts finished iterations; `failed` of them produced no program, and `candidates` of them
 * a program that was evaluated with success. `lastIteration` is the highest number that a finished
 * iteration has: a number is a label, and is never used twice. It is above `done` when a kill took
 * iterations that were running, so it is never a measure of progress.
 */
export const ledgerSchema = z
  .object({
    asked: z.int().min(1).max(MAX_ITERATIONS),
    done: count,
    failed: count,
    candidates: count,
    lastIteration: count,
    tokens: z.object({ prompt: count, completion: count }),
    /** By model, as the gateway counts; not there before the first record of it. */
    spend: spendSchema.optional(),
  })
  .refine((ledger) => ledger.failed + ledger.candidates <= ledger.done, {
    path: ['done'],
    message: 'counts the failed ones and the candidates too',
  })
  .refine((ledger) => ledger.lastIteration >= ledger.done, {
    path: ['lastIteration'],
    message: 'is at least the number of finished iterations',
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
    lastIteration: 0,
    tokens: { prompt: 0, completion: 0 },
  };
}

/** Iterations that are still to be done. */
export function iterationsLeft(ledger: Ledger): number {
  return Math.max(0, ledger.asked - ledger.done);
}
