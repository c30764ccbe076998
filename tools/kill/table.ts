import { killKinds, killPoints } from './kill-plan.ts';
import type { KillResult } from './killed-job.ts';

/** One line for each kind and point that came up, in the order of the lists. */
export function formatTable(results: readonly KillResult[]): string {
  const rows = killKinds.flatMap((kind) =>
    killPoints.flatMap((point) => {
      const some = results.filter((one) => one.kind === kind && one.point === point);
      return some.length === 0 ? [] : [[kind, point, ...figuresOf(some)]];
    }),
  );
  const header = ['kill', 'at', 'times', 'lost', 'oldest lost (s)', 'end (s)', 'left over'];
  const table = [header, ...rows, ['all', '', ...figuresOf(results)]];
  const widths = header.map((_, column) =>
    Math.max(...table.map((row) => (row[column] ?? '').length)),
  );
  return table
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

function figuresOf(some: readonly KillResult[]): string[] {
  return [
    String(some.length),
    spread(
      some.map(({ lost }) => lost),
      0,
    ),
    Math.max(...some.map(({ lostSeconds }) => lostSeconds)).toFixed(2),
    spread(
      some.map(({ seconds }) => seconds),
      2,
    ),
    String(some.reduce((sum, { leftovers }) => sum + leftovers, 0)),
  ];
}

/** `minimum / median / maximum`. */
function spread(values: readonly number[], digits: number): string {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number): number =>
    sorted[Math.round((sorted.length - 1) * share)] ?? Number.NaN;
  return [at(0), at(0.5), at(1)].map((value) => value.toFixed(digits)).join(' / ');
}
