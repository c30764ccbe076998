import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What one iteration, or the start, did to the population. */
export interface Change {
  /** Ids in the order in which they came and went; migrants' copies too. */
  readonly moves: readonly { readonly id: string; readonly how: 'added' | 'removed' }[];
}

/** An iteration whose end OpenEvolve has logged. */
export interface FinishedIteration extends Change {
  /** Null where the log does not say it, which is so for a rejected program. */
  readonly number: number | null;
  /** Null when it gave none. */
  readonly program: string | null;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** What OpenEvolve's own log of one attempt tells. */
export interface EvolutionLog {
  /** The first program; nothing after a restore. */
  readonly start: Change;
  readonly iterations: readonly FinishedIteration[];
}

const uuid = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}';
/**
 * Lines of OpenEvolve 0.4.1 at level DEBUG. They may stand in the middle of a line: workers write to
 * the same file, and a long record of theirs is cut in two by a short one of the parent.
 */
const record = new RegExp(
  [
    String.raw`(?<at>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3}) - \S+ - [A-Z]+ - (?:`,
    `Added program (?<added>${uuid}) to island`,
    `|Removed orphaned program (?<orphan>${uuid}) displaced from its cell`,
    `|Removed program (?<surplus>${uuid}) due to population limit`,
    '|(?<begin>Initialized process parallel controller)',
    String.raw`|Iteration (?<done>\d+): Program (?<program>${uuid}) \(parent: [^)]*\) completed in`,
    String.raw`|Iteration (?<failed>\d+) error(?: \[[^\]]*\])?: `,
    String.raw`|⏰ Iteration (?<late>\d+) timed out after`,
    String.raw`|Error processing result from iteration (?<broken>\d+): `,
    `|Database rejected program (?<rejected>${uuid})`,
    ')',
  ].join(''),
  'g',
);

/**
 * Reads a log of OpenEvolve, which knows nothing of us: which iterations finished, and which
 * programs came into the population and were displaced from it, in order.
 */
export function parseEvolutionLog(text: string): EvolutionLog {
  let moves: Change['moves'][number][] = [];
  let start: Change = { moves };
  const iterations: FinishedIteration[] = [];
  for (const { groups = {} } of text.matchAll(record)) {
    const { added, orphan, surplus, begin, done, program, failed, late, broken, rejected } = groups;
    const removed = orphan ?? surplus;
    if (added !== undefined) {
      moves.push({ id: added, how: 'added' });
    } else if (removed !== undefined) {
      moves.push({ id: removed, how: 'removed' });
    } else if (begin !== undefined) {
      start = { moves };
      moves = [];
    } else {
      const number = done ?? failed ?? late ?? broken;
      iterations.push({
        number: number === undefined ? null : Number(number),
        program: program ?? rejected ?? null,
        at: Date.parse(`${groups.at?.replace(' ', 'T').replace(',', '.')}`),
        moves,
      });
      moves = [];
    }
  }
  return { start, iterations };
}

/**
 * The log that OpenEvolve wrote into an output folder; an empty one when it had not begun. The file
 * and not the attempt's standard output: a killed entrypoint passes nothing on.
 */
export async function readEvolutionLog(output: string): Promise<EvolutionLog> {
  const folder = join(output, 'logs');
  const names = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith('.log'));
  const texts = await Promise.all(names.sort().map((name) => readFile(join(folder, name), 'utf8')));
  return parseEvolutionLog(texts.join('\n'));
}

/**
 * The population after the start and the first iterations of an attempt.
 *
 * @param before the population that the attempt began with.
 * @param count of finished iterations, in the order of the log.
 */
export function populationAfter(
  before: ReadonlySet<string>,
  { start, iterations }: EvolutionLog,
  count: number,
): Set<string> {
  const population = new Set(before);
  for (const { moves } of [start, ...iterations.slice(0, count)]) {
    for (const { id, how } of moves) {
      if (how === 'added') {
        population.add(id);
      } else {
        population.delete(id);
      }
    }
  }
  return population;
}
