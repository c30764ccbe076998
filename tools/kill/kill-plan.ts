import type { Random } from './random.ts';

/** What is killed, and how. `SIGKILL all` is what a lost machine is. */
export const killKinds = [
  'SIGTERM entrypoint',
  'SIGKILL runner',
  'SIGKILL worker',
  'SIGKILL entrypoint',
  'SIGKILL all',
] as const;
export type KillKind = (typeof killKinds)[number];

/** When. Each but the first and the last is a state of the file system that is waited for. */
export const killPoints = ['start', 'restore', 'save', 'commit', 'results', 'any'] as const;
export type KillPoint = (typeof killPoints)[number];

export interface KillPlan {
  readonly kind: KillKind;
  readonly point: KillPoint;
  /** Milliseconds after the start of the attempt, at `start` and `any`. */
  readonly delayMs: number;
}

/** There is no runner yet while a checkpoint is restored, and none any more while results are written. */
const pointsOf: Readonly<Record<KillKind, readonly [KillPoint, ...KillPoint[]]>> = {
  'SIGTERM entrypoint': killPoints,
  'SIGKILL runner': ['start', 'save', 'commit', 'any'],
  'SIGKILL worker': ['save', 'commit', 'any'],
  'SIGKILL entrypoint': killPoints,
  'SIGKILL all': killPoints,
};

const START_MS = 1_500;
const ANY_MS = 5_000;

/** What rules out a kill. */
export interface PlanLimits {
  /** Without a commit there is nothing to restore. */
  readonly hasCommit: boolean;
  /** Results are written at the end: a job that has just begun would get no other kill before. */
  readonly isHalfDone: boolean;
  /** An attempt that runs already has its start behind it. */
  readonly runs: boolean;
  /**
   * Two attempts in a row that end by themselves from one commit put it into quarantine: that is the
   * product's rule against jobs that fail for ever, and no loss.
   */
  readonly runnerMayDie: boolean;
}

/** The next kill: a kind and a point with equal chances among those that are possible. */
export function planKill(random: Random, limits: PlanLimits): KillPlan {
  for (;;) {
    const kind = random.pick(killKinds);
    const point = random.pick(pointsOf[kind]);
    const [low, high] = point === 'start' ? [0, START_MS] : [limits.runs ? 0 : START_MS, ANY_MS];
    const delayMs = random.between(low, high);
    if (isPossible(kind, point, limits)) {
      return { kind, point, delayMs };
    }
  }
}

function isPossible(kind: KillKind, point: KillPoint, limits: PlanLimits): boolean {
  return (
    (point !== 'restore' || (limits.hasCommit && !limits.runs)) &&
    (point !== 'start' || !limits.runs) &&
    (point !== 'results' || limits.isHalfDone) &&
    (kind !== 'SIGKILL runner' || limits.runnerMayDie)
  );
}
