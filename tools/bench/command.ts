import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Benchmark } from './benchmark.ts';
import { describeMachine } from './machine.ts';
import { formatMarkdown, formatReport, makeReport } from './report.ts';

/** Where the command's lines go. */
export interface Streams {
  out(line: string): void;
  error(line: string): void;
}

/**
 * `bench NAME [--json FILE]`: runs one benchmark, prints its table and, if asked, writes its report.
 *
 * @param records the folder that gets the report of a benchmark with a method, as JSON and Markdown.
 * @returns the exit code. 0: every row holds. 1: one does not. 2: no known benchmark was named.
 * @throws what the benchmark throws when it cannot measure.
 */
export async function bench(
  args: readonly string[],
  benchmarks: ReadonlyMap<string, Benchmark>,
  { out, error }: Streams,
  records: string,
): Promise<number> {
  const request = parseRequest(args);
  const benchmark = benchmarks.get(request.name ?? '');
  if (request.problem !== undefined || request.name === undefined || benchmark === undefined) {
    error(request.problem ?? `There is no benchmark ${JSON.stringify(request.name)}.`);
    error('usage: npm run bench -- NAME [--json FILE]');
    for (const [name, { description }] of benchmarks) {
      error(`  ${name.padEnd(12)}${description}`);
    }
    return 2;
  }
  const report = await makeReport(request.name, benchmark, describeMachine());
  out(formatReport(report));
  const json = `${JSON.stringify(report, null, 2)}\n`;
  if (request.json !== undefined) {
    await writeFile(request.json, json);
  }
  if (benchmark.method !== undefined) {
    await mkdir(records, { recursive: true });
    await writeFile(join(records, `${request.name}.json`), json);
    await writeFile(join(records, `${request.name}.md`), formatMarkdown(report));
  }
  return report.rows.every((row) => row.holds) ? 0 : 1;
}

interface Request {
  readonly name?: string | undefined;
  readonly json?: string | undefined;
  readonly problem?: string;
}

function parseRequest(args: readonly string[]): Request {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { json: { type: 'string' } },
    });
    const [name, ...rest] = positionals;
    return name === undefined || rest.length > 0
      ? { problem: 'Name one benchmark.' }
      : { name, json: values.json };
  } catch (problem) {
    return { problem: problem instanceof Error ? problem.message : String(problem) };
  }
}
