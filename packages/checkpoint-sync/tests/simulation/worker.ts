import { checkChanges } from './hooks.ts';
import { runSchedule } from './schedule.ts';

/** Seeds from `first` on, `step` apart, below `end`. */
export interface Task {
  readonly first: number;
  readonly end: number;
  readonly step: number;
  readonly trace: boolean;
}

export type Report =
  | { readonly kind: 'ran'; readonly schedules: number }
  | { readonly kind: 'failed'; readonly seed: number; readonly error: string }
  | { readonly kind: 'step'; readonly step: string }
  | { readonly kind: 'history'; readonly hash: string };

const REPORT_EVERY = 100;

checkChanges();
const report = (message: Report): void => void process.send?.(message);

process.once('message', ({ first, end, step, trace }: Task) => {
  // Injected faults are errors by the thousand, and a seed that fails is replayed with stacks.
  if (!trace) Error.stackTraceLimit = 0;
  const onStep = trace ? (text: string) => report({ kind: 'step', step: text }) : undefined;
  const run = async (): Promise<void> => {
    let schedules = 0;
    for (let seed = first; seed < end; seed += step) {
      try {
        const hash = await runSchedule(seed, onStep ? { onStep } : {});
        if (trace) report({ kind: 'history', hash });
      } catch (error) {
        const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
        report({ kind: 'failed', seed, error: text });
        return;
      }
      schedules += 1;
      if (schedules % REPORT_EVERY === 0) report({ kind: 'ran', schedules: REPORT_EVERY });
    }
    report({ kind: 'ran', schedules: schedules % REPORT_EVERY });
  };
  run().finally(() => {
    process.disconnect();
  });
});
