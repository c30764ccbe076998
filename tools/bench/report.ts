import { type Benchmark, describeGoal, judge, type Row } from './benchmark.ts';
import type { Machine } from './machine.ts';

/** The result of one run, as `--json` writes it. */
export interface Report {
  readonly name: string;
  readonly machine: Machine;
  readonly rows: readonly Row[];
}

/** Runs a benchmark and judges every measurement by its goal. */
export async function makeReport(
  name: string,
  benchmark: Benchmark,
  machine: Machine,
): Promise<Report> {
  const measurements = await benchmark.run();
  if (measurements.length === 0) {
    throw new Error(`The benchmark ${name} measured nothing.`);
  }
  return { name, machine, rows: measurements.map(judge) };
}

/** A report for people: the machine, then one aligned line for each row. */
export function formatReport({ name, machine, rows }: Report): string {
  const cells = rows.map((row) => [
    row.what,
    `${formatFigure(row.ours)} ${row.unit}`,
    Object.entries(row.peers)
      .map(([peer, figure]) => `${peer} ${formatFigure(figure)}`)
      .join(', '),
    describeGoal(row.goal, row.unit),
    row.holds ? 'holds' : 'DOES NOT HOLD',
  ]);
  const { cpu, cores, memory, node, load } = machine;
  return [
    `${name}: ${cpu}, ${cores} cores, ${memory} MiB, Node ${node}, load ${load} a core`,
    '',
    ...alignColumns([['what', 'ours', 'peers', 'goal', 'verdict'], ...cells]),
  ].join('\n');
}

/** Three significant digits: more would be noise. */
function formatFigure(figure: number): string {
  return figure.toLocaleString('en', { maximumSignificantDigits: 3 });
}

function alignColumns(table: readonly (readonly string[])[]): string[] {
  const widths = (table[0] ?? []).map((_, column) =>
    Math.max(...table.map((row) => (row[column] ?? '').length)),
  );
  return table.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
