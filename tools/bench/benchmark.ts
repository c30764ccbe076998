/**
 * What a figure must reach: a bound on the figure itself, or on its ratio to a peer's. Ratios hold
 * on any machine, since both sides are measured in the same run.
 */
export type Goal = { readonly peer?: string } & (
  | { readonly atMost: number }
  | { readonly atLeast: number }
);

/** One figure of ours beside the same figure of its peers, all in `unit`. */
export interface Measurement {
  readonly what: string;
  readonly unit: string;
  readonly ours: number;
  readonly peers: Readonly<Record<string, number>>;
  readonly goal: Goal;
  /** What must hold where the goal does not. */
  readonly floor?: Goal;
  /** The heading of the rows that it stands among. */
  readonly table?: string;
}

export interface Row extends Measurement {
  readonly holds: boolean;
  readonly floorHolds?: boolean;
}

/** The default export of a file in `benchmarks/`. */
export interface Benchmark {
  /** One line for the list of benchmarks. */
  readonly description: string;
  /** What a reader of the recorded report must know of how it was measured; no record without it. */
  readonly method?: string;
  /** Measures everything in one run, ours and peers interleaved. */
  run(): Promise<readonly Measurement[]>;
}

/**
 * The verdict on a measurement. A figure that is no finite number, on either side, never holds.
 *
 * @throws {Error} when the goal names a peer that was not measured: the benchmark itself is wrong.
 * @example
 * judge({ what: 'put', unit: 'ms', ours: 5, peers: { rclone: 10 }, goal: { peer: 'rclone', atMost: 0.5 } }).holds; // true
 */
export function judge(measurement: Measurement): Row {
  const { goal, floor } = measurement;
  const verdict = { ...measurement, holds: isReached(measurement, goal) };
  return floor ? { ...verdict, floorHolds: isReached(measurement, floor) } : verdict;
}

function isReached({ what, ours, peers }: Measurement, goal: Goal): boolean {
  const reference = goal.peer === undefined ? 1 : peers[goal.peer];
  if (reference === undefined) {
    throw new Error(`The goal of "${what}" names the peer ${goal.peer}, which was not measured.`);
  }
  const figure = ours / reference;
  const within = 'atMost' in goal ? figure <= goal.atMost : figure >= goal.atLeast;
  return Number.isFinite(figure) && within;
}

/**
 * A goal in words.
 *
 * @example
 * describeGoal({ peer: 's5cmd', atMost: 0.05 }, 'ms'); // '≤ 0.05 × s5cmd'
 */
export function describeGoal(goal: Goal, unit: string): string {
  const number = 'atMost' in goal ? goal.atMost : goal.atLeast;
  // A part of a peer's figure reads better as 1/6 than as 0.16666666666666666.
  const part = 1 / number;
  const text = number < 1 && Number.isInteger(part) && part > 2 ? `1/${part}` : `${number}`;
  const bound = `${'atMost' in goal ? '≤' : '≥'} ${text}`;
  return goal.peer === undefined ? `${bound} ${unit}` : `${bound} × ${goal.peer}`;
}
