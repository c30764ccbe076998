import { describeIssues } from '@openevolve-aws/job-spec';
import type { z } from 'zod';
import { UsageError } from './failure.ts';

/**
 * A number from a flag, held to its schema.
 *
 * @throws {UsageError} naming the flag, what was given and what is allowed.
 */
export function parseNumber(flag: string, text: string, schema: z.ZodType<number>): number {
  const value = /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isNaN(value)) {
    throw new UsageError(
      `${flag} takes a number, written with digits only, and got ${JSON.stringify(text)}.`,
    );
  }
  const parsed = schema.safeParse(value);
  if (!parsed.success) {
    throw new UsageError(`${flag} ${text} is not allowed: ${describeIssues(parsed.error)}.`);
  }
  return parsed.data;
}

/** A number from a flag that need not be given. An empty one is given, and refused. */
export function optionalNumber(
  flag: string,
  text: string | undefined,
  schema: z.ZodType<number>,
): number | undefined {
  return text === undefined ? undefined : parseNumber(flag, text, schema);
}

/**
 * A flag that a command cannot do without.
 *
 * @throws {UsageError} naming the flag.
 */
export function required(flag: string, value: string | undefined, what: string): string {
  if (value === undefined || value === '') {
    throw new UsageError(`${flag} is missing: it names ${what}.`);
  }
  return value;
}
