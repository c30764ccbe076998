import { describeIssues } from '@openevolve-aws/job-spec';
import { z } from 'zod';
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
  return hold(flag, text, value, schema);
}

/** A number from a flag that need not be given. An empty one is given, and refused. */
export function optionalNumber(
  flag: string,
  text: string | undefined,
  schema: z.ZodType<number>,
): number | undefined {
  return text === undefined ? undefined : parseNumber(flag, text, schema);
}

/** Which revision of a job definition; they count from 1. */
export function parseRevision(text: string | undefined): number | undefined {
  return optionalNumber('--revision', text, z.int('a whole number').min(1, 'from 1'));
}

const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400 };

/**
 * Seconds from a flag that need not be given: `90`, `90s`, `15m`, `12h` or `2d`.
 *
 * @throws {UsageError} naming the flag, what was given and what is allowed.
 */
export function optionalDuration(
  flag: string,
  text: string | undefined,
  schema: z.ZodType<number>,
): number | undefined {
  if (text === undefined) {
    return undefined;
  }
  const seconds = secondsOf(text);
  if (seconds === null) {
    throw new UsageError(
      `${flag} takes a time such as 90s, 15m, 12h or 2d, and got ${JSON.stringify(text)}.`,
    );
  }
  return hold(flag, text, seconds, schema);
}

/**
 * A moment from a flag that need not be given: an ISO 8601 time, or how long ago it was.
 *
 * @returns ISO 8601.
 * @throws {UsageError} naming the flag and what was given.
 */
export function optionalMoment(
  flag: string,
  text: string | undefined,
  now: Date,
): string | undefined {
  if (text === undefined) {
    return undefined;
  }
  const ago = secondsOf(text);
  const at = /^\d{4}-\d{2}-\d{2}/.test(text) ? Date.parse(text) : Number.NaN;
  const moment = ago === null ? at : now.getTime() - ago * 1_000;
  // Beyond what a date can be, such as a million years ago.
  if (Number.isNaN(new Date(moment).getTime())) {
    throw new UsageError(
      `${flag} takes how long ago (10m, 2h) or a time (2026-01-31T12:00:00Z), and got ${JSON.stringify(text)}.`,
    );
  }
  return new Date(moment).toISOString();
}

/**
 * Variables from flags `NAME=VALUE`; the last one of a name counts.
 *
 * @throws {UsageError} naming what was given.
 */
export function parseVariables(
  flag: string,
  texts: readonly string[],
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    texts.map((text) => {
      const at = text.indexOf('=');
      if (at < 1) {
        throw new UsageError(`${flag} takes NAME=VALUE, and got ${JSON.stringify(text)}.`);
      }
      return [text.slice(0, at), text.slice(at + 1)];
    }),
  );
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

function secondsOf(text: string): number | null {
  const [, amount, unit = 's'] = /^(\d+(?:\.\d+)?)([smhd])?$/.exec(text) ?? [];
  return amount === undefined ? null : Number(amount) * (SECONDS[unit] ?? 1);
}

function hold(flag: string, text: string, value: number, schema: z.ZodType<number>): number {
  const parsed = schema.safeParse(value);
  if (!parsed.success) {
    throw new UsageError(`${flag} ${text} is not allowed: ${describeIssues(parsed.error)}.`);
  }
  return parsed.data;
}
