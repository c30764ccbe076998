import { PROVIDER_KEY_PLACEHOLDER } from '@openevolve-aws/job-spec';
import { BatchClientError } from '../errors.ts';

/** Printable, as a header's value must be; shorter keys than this no provider gives. */
const KEY = /^[\x21-\x7e]{16,}$/;

/**
 * The secret with keys put in: the keys of other providers stay, a placeholder goes.
 *
 * @param current the secret's value: JSON, or a raw key, which is replaced.
 * @param keys by the variable that names them.
 * @throws {BatchClientError} `INVALID_INPUT` for what cannot be a key; the message never quotes it.
 * @example
 * secretWithKeys('{"OPENROUTER_API_KEY":"sk-1"}', new Map([['GEMINI_API_KEY', 'AIza...']]));
 */
export function secretWithKeys(current: string, keys: ReadonlyMap<string, string>): string {
  for (const [name, key] of keys) {
    if (!KEY.test(key) || key.includes('...') || key.includes(PROVIDER_KEY_PLACEHOLDER)) {
      throw new BatchClientError(
        'INVALID_INPUT',
        `What was given as ${name} is no key: at least 16 letters, digits and signs without spaces, and no placeholder. Nothing was stored.`,
      );
    }
  }
  return JSON.stringify({ ...keptKeys(current), ...Object.fromEntries(keys) });
}

function keptKeys(current: string): Record<string, string> {
  let fields: unknown;
  try {
    fields = JSON.parse(current);
  } catch {
    // A raw key, or what no job could read: it is replaced.
    return {};
  }
  const entries = typeof fields === 'object' && fields !== null ? Object.entries(fields) : [];
  return Object.fromEntries(
    entries.filter(([, key]) => typeof key === 'string' && key !== PROVIDER_KEY_PLACEHOLDER),
  );
}
