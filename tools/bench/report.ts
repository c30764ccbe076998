import { type Benchmark, describeGoal, judge, type Row } from './benchmark.ts';
import type { Machine } from './machine.ts';

/** The result of one run, as `--json` writes it. */
export interface Report {
  readonly name: string;
  readonly machine: Machine;
  readonly method?: string;
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
  const { method } = benchmark;
  return { name, machine, ...(method && { method }), rows: measurements.map(judge) };
}

const HEADINGS = ['what', 'ours', 'peers', 'goal', 'verdict', 'floor', 'verdict'];

/** A report for people: the machine, then one aligned line for each row. */
export function formatReport({ name, machine, rows }: Report): string {
  const lines = tablesOf(rows).flatMap(([table, cells]) => {
    const hasFloors = cells.some((row) => row[5] !== '');
    const columns = hasFloors ? HEADINGS.length : 5;
    const shown = [HEADINGS, ...cells].map((row) => row.slice(0, columns));
    return ['', ...(table === '' ? [] : [table]), ...alignColumns(shown)];
  });
  return [`${name}: ${describeInWords(machine)}`, ...lines].join('\n');
}

/** The same as Markdown, for the documentation. */
export function formatMarkdown({ name, machine, method, rows }: Report): string {
  const tables = tablesOf(rows).flatMap(([table, cells]) => [
    '',
    ...(table === '' ? [] : [`## ${table}`, '']),
    ...[HEADINGS, HEADINGS.map(() => '---'), ...cells].map((row) => `| ${row.join(' | ')} |`),
  ]);
  const intro = [
    `# Benchmark: ${name}`,
    '',
    `\`npm run bench -- ${name}\` on ${describeInWords(machine)}.`,
  ];
  return `${[...intro, ...(method ? ['', method] : []), ...tables].join('\n')}\n`;
}

function describeInWords({ cpu, cores, memory, node, load }: Machine): string {
  return `${cpu}, ${cores} cores, ${memory} MiB, Node ${node}, load ${load} a core`;
}

/** Rows as cells, by table in order of appearance. */
function tablesOf(rows: readonly Row[]): [string, string[][]][] {
  const tables = new Map<string, string[][]>();
  for (const row of rows) {
    const cells = tables.get(row.table ?? '') ?? [];
    tables.set(row.table ?? '', cells);
    cells.push(cellsOf(row));
  }
  return [...tables];
}

function cellsOf({ what, unit, ours, peers, goal, holds, floor, floorHolds }: Row): string[] {
  const beside = Object.entries(peers).map(([peer, figure]) => `${peer} ${formatFigure(figure)}`);
  return [
    what,
    `${formatFigure(ours)} ${unit}`.trim(),
    beside.join(', '),
    describeGoal(goal, unit).trim(),
    verdict(holds),
    floor ? describeGoal(floor, unit).trim() : '',
    floor ? verdict(floorHolds === true) : '',
  ];
}

function verdict(holds: boolean): string {
  return holds ? 'holds' : 'DOES NOT HOLD';
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
