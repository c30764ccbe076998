import { spawnSync } from 'node:child_process';

/** A program and its arguments. */
export type CommandLine = readonly [program: string, ...args: string[]];

/**
 * Median wall times of whole processes, in milliseconds from spawn to exit, by name.
 *
 * The commands take turns, and every round begins with another one, so that what the machine does
 * beside falls on all of them alike. The first round only warms the file cache.
 *
 * @throws {Error} when a command cannot start or fails: its time would mean nothing.
 * @example
 * medianWallTimes({ node: [process.execPath, '-e', '0'] }, 21); // { node: 41.3 }
 */
export function medianWallTimes<Name extends string>(
  commands: Readonly<Record<Name, CommandLine>>,
  rounds: number,
): Record<Name, number> {
  const names = Object.keys(commands) as Name[];
  const times = new Map<Name, number[]>(names.map((name) => [name, []]));
  for (let round = 0; round <= rounds; round++) {
    for (let turn = 0; turn < names.length; turn++) {
      const name = names[(round + turn) % names.length] as Name;
      const time = wallTime(commands[name]);
      if (round > 0) {
        times.get(name)?.push(time);
      }
    }
  }
  return Object.fromEntries(names.map((name) => [name, median(times.get(name) ?? [])])) as Record<
    Name,
    number
  >;
}

/** The middle value, or the mean of the two in the middle; NaN of nothing. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const low = sorted[Math.ceil(middle) - 1] ?? Number.NaN;
  const high = sorted[Math.floor(middle)] ?? Number.NaN;
  return (low + high) / 2;
}

function wallTime([program, ...args]: CommandLine): number {
  const start = performance.now();
  const { status, signal, error, stderr } = spawnSync(program, args, {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const time = performance.now() - start;
  if (error || status !== 0) {
    const reason = error?.message ?? `exit ${status ?? signal}: ${stderr}`;
    throw new Error(`'${[program, ...args].join(' ')}' failed, so it has no time: ${reason}`);
  }
  return time;
}
