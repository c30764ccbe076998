import { registerHooks } from 'node:module';
import { basename } from 'node:path';
import { mutants } from './mutants.ts';
// What the engine takes from the platform when it is loaded must be simulated by then.
import './platform.ts';
import { shortcuts } from './shortcuts.ts';
import { type Change, variants } from './variants.ts';

/** Loaded before the engine: applies shortcuts, a variant, and a mutant if one is named, to its sources. */
const { SIMULATION = '0' } = process.env;
const [number, mutant] = SIMULATION.split(':');
/** What this process simulates. */
export const variant = variants[Number(number)] ?? variants[0];
const changes: Change[] = [...shortcuts, ...variant.changes];
if (mutant) changes.push(mutants[mutant] ?? unknownMutant(mutant));
const pending = new Set(changes);
const engine = new URL('../../src/', import.meta.url).href;

registerHooks({
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context);
    if (!url.startsWith(engine)) return loaded;
    let source = String(loaded.source);
    for (const change of changes.filter(({ file }) => file === basename(url))) {
      if (source.split(change.from).length !== 2) {
        throw new Error(`${change.file} does not have ${JSON.stringify(change.from)} once.`);
      }
      source = source.replace(change.from, () => change.to);
      pending.delete(change);
    }
    return { ...loaded, source };
  },
});

/** Ends the process when the engine was not changed as it should have been. */
export function checkChanges(): void {
  if (pending.size > 0) throw new Error(`Not loaded: ${[...pending].map(({ file }) => file)}.`);
}

function unknownMutant(name: string): never {
  throw new Error(
    `There is no mutant ${JSON.stringify(name)}: ${Object.keys(mutants).join(', ')}.`,
  );
}
