import leven from 'leven';
import { z } from 'zod';
import { openEvolveConfigJsonSchema } from './openevolve-config.gen.ts';

/**
 * What is wrong with a user's OpenEvolve config, one sentence a problem; none when it can be used.
 * OpenEvolve itself ignores a key that it does not know in silence, so a misspelt one would cost a
 * whole run.
 *
 * @param config the parsed YAML; an empty file is an empty config.
 * @example
 * findConfigProblems({ max_iteration: 5 });
 * // ['max_iteration is not a key of OpenEvolve, which would ignore it (did you mean max_iterations?)']
 */
export function findConfigProblems(config: unknown): string[] {
  if (config === null || config === undefined) {
    return [];
  }
  const parsed = z.fromJSONSchema(openEvolveConfigJsonSchema).safeParse(config);
  return parsed.success ? findZeros(config) : parsed.error.issues.flatMap(describeIssue);
}

/** Numbers that OpenEvolve takes as they are, and by which a run fails later when they are not positive. */
const positive = [
  ['checkpoint_interval'],
  ['llm', 'timeout'],
  ['database', 'population_size'],
  ['database', 'num_islands'],
  ['evaluator', 'timeout'],
] as const;

function findZeros(config: unknown): string[] {
  return positive.flatMap((path) => {
    const value = path.reduce<unknown>(
      (place, key) =>
        typeof place === 'object' && place !== null ? Reflect.get(place, key) : undefined,
      config,
    );
    return typeof value === 'number' && value <= 0
      ? [`${path.join('.')} is ${value}, and must be more than 0`]
      : [];
  });
}

function describeIssue(issue: z.core.$ZodIssue): string[] {
  const at = issue.path.join('.');
  if (issue.code !== 'unrecognized_keys') {
    return [`${at === '' ? 'the config' : at}: ${issue.message}`];
  }
  const known = keysAt(issue.path);
  return issue.keys.map((key) => {
    const near = nearest(key, known);
    const hint = near === null ? '' : ` (did you mean ${near}?)`;
    return `${[...issue.path, key].join('.')} is not a key of OpenEvolve, which would ignore it${hint}`;
  });
}

/** The keys that the schema knows at a place; none where it cannot tell. */
function keysAt(path: readonly PropertyKey[]): string[] {
  let schema: z.core.JSONSchema.BaseSchema | undefined = openEvolveConfigJsonSchema;
  for (const step of path) {
    schema = asObject(
      typeof step === 'number' ? asObject(schema?.items) : schema?.properties?.[String(step)],
    );
    schema =
      asObject(
        schema?.anyOf?.find((option) => asObject(option)?.properties || asObject(option)?.items),
      ) ?? schema;
  }
  return Object.keys(schema?.properties ?? {});
}

function asObject(schema: unknown): z.core.JSONSchema.BaseSchema | undefined {
  return typeof schema === 'object' && schema !== null && !Array.isArray(schema)
    ? (schema as z.core.JSONSchema.BaseSchema)
    : undefined;
}

/** The known key with the fewest edits, when they are few enough for a slip. */
function nearest(key: string, known: readonly string[]): string | null {
  const [best] = known
    .map((name) => ({ name, edits: leven(key, name) }))
    .sort((a, b) => a.edits - b.edits);
  return best && best.edits <= Math.max(2, key.length / 4) ? best.name : null;
}
