import { LlmGatewayError } from './errors.ts';
import { providers } from './providers.ts';

/** Keys by the variable that a config names them by, such as `GEMINI_API_KEY`. */
export type Keys = ReadonlyMap<string, string>;

/** Variables of the deployment that may hold keys. */
export const keyVariables: readonly string[] = Object.values(providers).map(
  ({ keyVariable }) => keyVariable,
);

/** What stands in a secret until somebody stores a key in it. */
const placeholder =
  /^(|no-key-yet\b.*|<.*>|\W*(replace|change|insert|enter|put|set|todo|placeholder|dummy|example|your)\b.*|(replace|change|insert|your)[-_ ].*|x{4,}|\.{3,}|none|null)$/i;

/**
 * Reads the keys out of the environment. A variable holds a key as it is, or the whole secret: a
 * JSON object with one key or several, `{"GEMINI_API_KEY": "...", "OPENROUTER_KEY": "..."}`. A
 * placeholder counts as no key.
 *
 * @throws {LlmGatewayError} `KEY_UNUSABLE` for a secret that is neither.
 * @example
 * readKeys({ GEMINI_API_KEY: '{"GEMINI_API_KEY": "AIza..."}' }).get('GEMINI_API_KEY'); // 'AIza...'
 */
export function readKeys(variables: Readonly<Record<string, string | undefined>>): Keys {
  const keys = new Map<string, string>();
  for (const variable of keyVariables) {
    const value = variables[variable]?.trim() ?? '';
    for (const [name, key] of value.startsWith('{')
      ? entriesOf(value, variable)
      : [[variable, value] as const]) {
      if (!placeholder.test(key.trim())) keys.set(name, key.trim());
    }
  }
  return keys;
}

/** The message never quotes the secret, as JSON.parse would. */
function entriesOf(secret: string, variable: string): (readonly [string, string])[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(secret);
  } catch {
    throw unusable(variable);
  }
  const entries = Object.entries(parsed as object);
  if (!entries.every((entry): entry is [string, string] => typeof entry[1] === 'string')) {
    throw unusable(variable);
  }
  return entries;
}

function unusable(variable: string): LlmGatewayError {
  return new LlmGatewayError(
    'KEY_UNUSABLE',
    `The secret in ${variable} begins like JSON and is no object of texts. Store {"${variable}": "<the key>"}, or the key alone.`,
    { permanent: true },
  );
}
