import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Programs that a checkpoint has files of, as a population has a size: older ones are removed. */
const POPULATION = 2;
const STATE = 'metadata.json';
/** Files that never change: so many that a manifest builds on the one that lists them. */
const LASTING: readonly (readonly [string, string])[] = Array.from({ length: 12 }, (_, n) => [
  `lasting-${n}`,
  `lasting ${n} `.repeat(5),
]);

/** A checkpoint is known by the ids of the programs that were made on the way to it. */
export function writeCheckpoint(directory: string, ids: readonly string[]): void {
  mkdirSync(directory, { recursive: true });
  const files = filesOf(ids);
  for (const name of readdirSync(directory)) {
    if (!files.has(name)) rmSync(join(directory, name));
  }
  for (const [name, content] of files) writeFileSync(join(directory, name), content);
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
    ...LASTING,
    ...population.map((id) => [`${id}.json`, `program ${id} `.repeat(4)] as const),
  ]);
}
