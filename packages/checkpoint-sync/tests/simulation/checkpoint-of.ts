import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { variant } from './hooks.ts';

/** Programs that a checkpoint has files of, as a population has a size: older ones are removed. */
const POPULATION = 2;
const STATE = 'metadata.json';
const CHANGING: ReadonlySet<string> = new Set([STATE, 'journal', 'journal-copy', 'rarely']);
const LASTING: readonly (readonly [string, string])[] = Array.from(
  { length: variant.lasting },
  (_, n) => [`lasting-${n}`, `lasting ${n} `.repeat(5)],
);

/** A checkpoint is known by the ids of the programs that were made on the way to it. */
export function writeCheckpoint(directory: string, ids: readonly string[]): void {
  mkdirSync(directory, { recursive: true });
  const files = filesOf(ids);
  const present = new Set(readdirSync(directory));
  for (const name of present) {
    if (!files.has(name)) rmSync(join(directory, name));
  }
  for (const [name, content] of files) {
    // What never changes is left alone, as a runner links it.
    if (!present.has(name) || CHANGING.has(name)) writeFileSync(join(directory, name), content);
  }
}

/** The ids of a restored checkpoint; throws when a byte of it is not as it was written. */
export function readCheckpointIds(directory: string): string[] {
  const ids: string[] = JSON.parse(readFileSync(join(directory, STATE), 'utf8'));
  const files = filesOf(ids);
  const names = readdirSync(directory).sort();
  if (names.join() !== [...files.keys()].sort().join()) {
    throw new Error(`The checkpoint of ${ids.length} programs has the files ${names.join()}.`);
  }
  for (const [name, content] of files) {
    if (readFileSync(join(directory, name), 'utf8') !== content) {
      throw new Error(`${name} of the checkpoint of ${ids.length} programs is not as written.`);
    }
  }
  return ids;
}

function filesOf(ids: readonly string[]): Map<string, string> {
  const population = ids.slice(-POPULATION);
  return new Map([
    [STATE, JSON.stringify(ids)],
    ...(variant.journals ? journalsOf(ids) : []),
    ...LASTING,
    ...population.map((id) => [`${id}.json`, `program ${id} `.repeat(4)] as const),
  ]);
}

/** A journal, a copy that comes and goes, and one that changes with every other checkpoint. */
function journalsOf(ids: readonly string[]): (readonly [string, string])[] {
  const journal = journalOf(ids);
  return [
    ['journal', journal],
    ...(ids.length % 4 === 0 ? [] : [['journal-copy', journal] as const]),
    ['rarely', journalOf(ids.slice(0, ids.length - (ids.length % 2)))],
  ];
}

/** Grows at its end, and changes a little at its beginning. */
function journalOf(ids: readonly string[]): string {
  return `${ids.length} programs\n${ids.map((id) => `${id} was made by process ${id}\n`).join('')}`;
}
