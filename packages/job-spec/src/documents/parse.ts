import { z } from 'zod';
import { JobSpecError } from '../errors.ts';

const decoder = new TextDecoder();
const versioned = z.looseObject({ version: z.number() });

/** One line per problem: `iterations: expected a number`. */
export function describeIssues(error: z.ZodError): string {
  return error.issues
    .map((issue) => {
      const message = messageOf(issue);
      return issue.path.length > 0 ? `${issue.path.join('.')}: ${message}` : message;
    })
    .join('; ');
}

/** A key of a record is refused for a reason of its own. */
function messageOf(issue: z.core.$ZodIssue): string {
  const [reason] = issue.code === 'invalid_key' ? issue.issues : [];
  return reason ? messageOf(reason) : issue.message;
}

/**
 * Parses a stored JSON document.
 *
 * @param schema the document's schema; its `version` is a literal.
 * @param content UTF-8 JSON.
 * @param where the key or the file, for messages.
 * @throws {JobSpecError} `INVALID_DOCUMENT` when it is not JSON or breaks the schema,
 *   `UNKNOWN_VERSION` when another release wrote it in a format that this one does not know.
 * @example
 * const job = parseDocument(jobSchema, await store.get(key), key);
 */
export function parseDocument<
  S extends z.ZodObject<{ version: z.ZodLiteral<number> } & z.ZodRawShape>,
>(schema: S, content: string | Uint8Array, where: string): z.output<S> {
  const value = parseJson(content, where);
  requireVersion(value, schema.shape.version.value, where);
  const parsed = schema.safeParse(value);
  if (!parsed.success) {
    throw new JobSpecError(
      'INVALID_DOCUMENT',
      `${where} breaks its schema (${describeIssues(parsed.error)}). It was damaged or written by something else.`,
      { cause: parsed.error },
    );
  }
  return parsed.data;
}

/**
 * Parses JSON text from the edge.
 *
 * @throws {JobSpecError} `INVALID_DOCUMENT`
 */
export function parseJson(content: string | Uint8Array, where: string): unknown {
  const text = typeof content === 'string' ? content : decoder.decode(content);
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new JobSpecError('INVALID_DOCUMENT', `${where} is not JSON. It is cut off or damaged.`, {
      cause,
    });
  }
}

/**
 * Refuses a document of a version that this release does not know.
 *
 * @throws {JobSpecError} `INVALID_DOCUMENT` without a version, `UNKNOWN_VERSION` with another one.
 */
export function requireVersion(value: unknown, known: number, where: string): void {
  const head = versioned.safeParse(value);
  if (!head.success) {
    throw new JobSpecError(
      'INVALID_DOCUMENT',
      `${where} has no version. It was written by something else.`,
    );
  }
  if (head.data.version !== known) {
    throw new JobSpecError(
      'UNKNOWN_VERSION',
      `${where} has version ${head.data.version}, and this release reads version ${known}. Use the release that wrote it, or a newer one.`,
    );
  }
}

/** The stored form of a document: JSON, two spaces, a newline at the end. */
export function serializeDocument<D extends { version: number }>(document: D): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify(document, null, 2)}\n`);
}
