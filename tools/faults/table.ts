import type { RoundResult } from './campaign.ts';
import { faultKinds } from './fault-plan.ts';
import { killPoints } from './killed-writer.ts';

/** What was done to the writers and what came of it, a line each. */
export function formatTable(results: readonly RoundResult[]): string {
  const lives = results.flatMap((result) => result.lives);
  const faults = lives.flatMap((life) => life.faults);
  const reports = lives.flatMap((life) => life.reports);
  const count = (event: string): number => reports.filter((one) => one.event === event).length;
  const failures = Map.groupBy(
    reports.filter((report) => report.event === 'failed'),
    ({ code }) => code,
  );
  const written = Map.groupBy(
    results.flatMap((result) => result.written),
    (kind) => kind,
  );
  const rows: [string, number][] = [
    ['rounds', results.length],
    ['  with two writers at once', results.filter((one) => one.lives.length > 1).length],
    ...faultKinds.map((kind): [string, number] => [
      `fault: ${kind}`,
      faults.filter((one) => one === kind).length,
    ]),
    ...killPoints.map((point): [string, number] => [
      point === 'none' ? 'writers that were not killed' : `killed at a ${point}`,
      lives.filter((life) => life.killed === point).length,
    ]),
    ...[...written].map(([kind, some]): [string, number] => [
      `entries in the logs: ${kind}`,
      some.length,
    ]),
    ['restores by writers', count('restored')],
    ['commits begun', count('committing')],
    ['commits acknowledged', count('committed')],
    ...[...failures].map(([code, some]): [string, number] => [
      `calls that ended: ${code}`,
      some.length,
    ]),
    [
      'readers that found an acknowledged commit',
      results.filter((one) => one.found === 'acknowledged').length,
    ],
    [
      'readers that found a newer one, not acknowledged',
      results.filter((one) => one.found === 'not acknowledged').length,
    ],
    ['readers that found none', results.filter((one) => one.found === 'nothing').length],
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows
    .map(([name, value]) => `${name.padEnd(width)}  ${String(value).padStart(6)}`)
    .join('\n');
}
