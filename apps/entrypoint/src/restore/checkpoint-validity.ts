import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

/** The part of OpenEvolve's `metadata.json` that says which programs a checkpoint must hold. */
const metadataSchema = z.looseObject({
  islands: z.array(z.array(z.string())),
  archive: z.array(z.string()),
  best_program_id: z.string().nullable(),
  last_iteration: z.int(),
});

/**
 * What is wrong with a checkpoint directory, in one sentence, or null. OpenEvolve itself loads a
 * torn one in silence, as a smaller population.
 *
 * Every program of an island or the archive, and the best one, must have a file that parses, and
 * there must be no other file: OpenEvolve would load a stray one into the population.
 */
export async function findCheckpointProblem(directory: string): Promise<string | null> {
  const content = await readFile(join(directory, 'metadata.json'), 'utf8').catch(() => null);
  if (content === null) {
    return 'metadata.json is missing';
  }
  const metadata = metadataSchema.safeParse(parse(content));
  if (!metadata.success) {
    return 'metadata.json is cut off or damaged';
  }
  const { islands, archive, best_program_id: best } = metadata.data;
  const named = new Set([...islands.flat(), ...archive, ...(best === null ? [] : [best])]);
  const files = await readdir(join(directory, 'programs')).catch(() => []);
  const present = new Set<string>();
  for (const name of files) {
    const id = name.replace(/\.json$/, '');
    if (!named.has(id)) {
      return `programs/${name} is in no island and no archive`;
    }
    const program = parse(await readFile(join(directory, 'programs', name), 'utf8'));
    if (
      typeof program !== 'object' ||
      program === null ||
      !('id' in program) ||
      program.id !== id
    ) {
      return `programs/${name} is cut off or damaged`;
    }
    present.add(id);
  }
  const missing = [...named].find((id) => !present.has(id));
  return missing === undefined ? null : `programs/${missing}.json is missing`;
}

function parse(content: string): unknown {
  try {
    return JSON.parse(content);
  } catch {
    return parsePythonJson(content);
  }
}

/** Python writes what an evaluator returned as `NaN` and `Infinity`, which are no JSON, and reads them. */
function parsePythonJson(content: string): unknown {
  let inText = false;
  const json = content.replace(/\\.|"|NaN|Infinity/gs, (token) => {
    inText = token === '"' ? !inText : inText;
    return inText || token.length <= 2 ? token : '0';
  });
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
