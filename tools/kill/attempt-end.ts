import { containerExit } from '@openevolve-aws/job-spec';
import type { Exit } from './attempt.ts';
import type { KillKind, KillPlan } from './kill-plan.ts';
import type { Standing } from './verify.ts';

/** How an attempt ended, killed or not. */
export interface Ended {
  readonly exit: Exit;
  /** `entries`: of the log when the entrypoint had gone. Null for an end by itself. */
  readonly kill: {
    readonly plan: KillPlan;
    readonly at: number;
    readonly seconds: number;
    readonly entries: number;
  } | null;
  readonly leftovers: readonly number[];
}

/** What is wrong with an end, by the table of exit codes and by what is still there. */
export function problemsOfEnd(
  { exit, kill, leftovers }: Ended,
  before: Standing,
  after: Standing,
): string[] {
  const problems: string[] = [];
  if (leftovers.length > 0) {
    problems.push(`processes ${leftovers} are left over`);
  }
  if (!isExpected(exit, kill?.plan.kind ?? null, before, after)) {
    problems.push(`an unexpected end`);
  }
  if (kill && kill.entries !== after.entries) {
    problems.push(`log entry ${after.entries} was written after the entrypoint had gone`);
  }
  return problems;
}

function isExpected(exit: Exit, kind: KillKind | null, before: Standing, after: Standing): boolean {
  if (exit.code === containerExit.DONE) {
    return after.state.end !== null;
  }
  switch (kind) {
    case null:
      return false;
    case 'SIGTERM entrypoint':
      // Before its first line Node takes no signal; nothing can be lost then.
      return (
        exit.code === containerExit.GO_ON ||
        (exit.signal === 'SIGTERM' && after.entries === before.entries)
      );
    case 'SIGKILL runner':
      return exit.code === containerExit.GO_ON;
    case 'SIGKILL worker':
      return false;
    case 'SIGKILL entrypoint':
    case 'SIGKILL all':
      return exit.signal === 'SIGKILL';
  }
}

export function describeExit({ code, signal }: Exit): string {
  return signal ?? `exit code ${code}`;
}
