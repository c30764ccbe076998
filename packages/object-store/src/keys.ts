import { ObjectStoreError } from './errors.ts';

/** S3's limit: https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html */
const MAX_KEY_BYTES = 1024;
// biome reads control characters in a regular expression as a slip, so they are compared as codes.
const FIRST_PRINTABLE = 0x20;
const DELETE = 0x7f;
/** A half of a character beyond the basic plane; it sorts before its end. */
const SURROGATE = /[\ud800-\udfff]/;
/** What nearly all keys are like; it saves the questions below. */
const PLAIN = /^(?:[\w-][\w.-]*\/)*[\w-][\w.-]*$/;
const LONE_SURROGATE = /\p{Surrogate}/u;

/**
 * Refuses a key that some store could not hold or that could leave a folder.
 *
 * @throws {ObjectStoreError} `INVALID_KEY`
 */
export function checkKey(key: string): void {
  const problem = keyProblem(key);
  if (problem) {
    throw new ObjectStoreError(
      'INVALID_KEY',
      `The key ${JSON.stringify(key.slice(0, 200))} ${problem}. Keys are relative paths such as "packs/1-1".`,
    );
  }
}

/** Whether a text is a key at all. */
export function isKey(text: string): boolean {
  return keyProblem(text) === null;
}

/** Whether a text can be the beginning of a key. */
export function isPrefix(text: string): boolean {
  return isKey(`${text}x`);
}

function keyProblem(key: string): string | null {
  if (key.length <= MAX_KEY_BYTES && PLAIN.test(key)) return null;
  if (key === '') return 'is empty';
  if (Buffer.byteLength(key) > MAX_KEY_BYTES) return `is longer than ${MAX_KEY_BYTES} bytes`;
  if (LONE_SURROGATE.test(key)) return 'is not well-formed Unicode';
  if (key.includes('\\')) return 'has a backslash';
  if (hasControlCharacter(key)) return 'has a control character';
  if (key.split('/').some((part) => part === '' || part === '.' || part === '..')) {
    return 'has an empty, . or .. part';
  }
  return null;
}

function hasControlCharacter(text: string): boolean {
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code < FIRST_PRINTABLE || code === DELETE) return true;
  }
  return false;
}

/**
 * S3's order: by UTF-8 bytes. JavaScript's own order differs beyond the basic plane.
 *
 * @example
 * ['b', 'a/c', 'a.d'].sort(compareKeys); // ['a.d', 'a/c', 'b']
 */
export function compareKeys(left: string, right: string): number {
  if (!SURROGATE.test(left) && !SURROGATE.test(right))
    return left < right ? -1 : Number(left > right);
  return Buffer.compare(Buffer.from(left), Buffer.from(right));
}
