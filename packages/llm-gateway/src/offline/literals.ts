import type { Random } from './random.ts';

/** A number in a program's code, with its sign if that is not an operator. */
export interface Literal {
  readonly start: number;
  readonly end: number;
  readonly text: string;
  readonly value: number;
  readonly integer: boolean;
  /** An integer that a fraction would hardly suit: an argument, an element, or of an integer type. */
  readonly whole: boolean;
  /** The right side of an operator. */
  readonly operand: boolean;
  /** A type suffix such as `f32`, which stays. */
  readonly suffix: string;
  /** Names the same place in a relative of the program: the line around it, without its numbers. */
  readonly place: string;
}

const number =
  /(?<![\w.])((?:\d[\d_]*(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)(f32|f64|[iu](?:8|16|32|64|128|size)|[fFlLuU]{1,3})?(?![\w.])/g;
const unaryMinus = /(?:^|[^\w)\]\s+-]|[+-][ \t]|\b(?:return|and|or|not|in|if|else|yield))[ \t]*-$/;

/**
 * The numbers of a program that may be changed. Indices such as the `0` of `x[0]` are left out:
 * another one nearly always breaks the program.
 *
 * @param masked the program as `maskCode` gives it.
 */
export function findLiterals(masked: string): Literal[] {
  const seen = new Map<string, number>();
  let offset = 0;
  return masked.split('\n').flatMap((line) => {
    const lineStart = offset;
    offset += line.length + 1;
    const found = [...line.matchAll(number)];
    if (found.length === 0) return [];
    const skeleton = line
      .replace(number, '#')
      .replace(/-(?=#)/g, '')
      .trim();
    const occurrence = seen.get(skeleton) ?? 0;
    seen.set(skeleton, occurrence + 1);
    return found.flatMap((match, index) => {
      const before = line.slice(0, match.index);
      const after = line.slice(match.index + match[0].length);
      if (/[\w)\]]\[\s*-?$/.test(before) && /^\s*\]/.test(after)) return [];
      const negative = unaryMinus.test(before);
      const start = match.index - (negative ? 1 : 0);
      const end = match.index + match[0].length;
      const [, digits = '', suffix = ''] = match;
      const magnitude = Number(digits.replaceAll('_', ''));
      const integer = /^[\d_]+$/.test(digits) && !/^f/i.test(suffix);
      return {
        start: lineStart + start,
        end: lineStart + end,
        text: line.slice(start, end),
        value: negative ? -magnitude : magnitude,
        integer,
        operand: !negative && !unaryMinus.test(`${before}-`),
        whole: integer && (suffix !== '' || /[([{]/.test(before)),
        suffix,
        place: `${skeleton} ${occurrence} ${index}`,
      };
    });
  });
}

/** A number as code, in the place of `literal`. */
export function formatNumber(value: number, literal: Literal): string {
  const isInteger = literal.integer && Number.isInteger(value);
  let digits = isInteger ? String(value) : String(Number(value.toPrecision(6)));
  if (!isInteger && !/[.e]/.test(digits)) digits += '.0';
  const text = digits + (literal.integer && !isInteger ? '' : literal.suffix);
  // `a --1` is a decrement in some languages.
  return value < 0 && literal.operand ? `(${text})` : text;
}

/** Another value near or, now and then, far from the literal's; never the same. */
export function perturb(literal: Literal, random: Random): number {
  for (let tries = 0; tries < 16; tries++) {
    const value = literal.integer
      ? perturbInteger(literal, random)
      : perturbReal(literal.value, random);
    const rounded = Number(value.toPrecision(6));
    if (Number.isFinite(rounded) && rounded !== literal.value) return rounded;
  }
  return literal.value + 1;
}

function perturbReal(value: number, random: Random): number {
  const size = random.pick([0.1, 0.4, 1]);
  if (value === 0) return random.gaussian() * size;
  // Numbers between 0 and 1 mostly are shares, decays or damping factors: they stay in between, and
  // it is their odds that change.
  if (value > 0 && value <= 1 && random.chance(0.75)) {
    const odds = value === 1 ? 19 : value / (1 - value);
    const changed = odds * Math.exp(random.gaussian() * size * 2);
    return changed / (1 + changed);
  }
  const kind = random.next();
  if (kind < 0.6) return value * Math.exp(random.gaussian() * size);
  if (kind < 0.8) return value * random.pick([0.1, 0.2, 0.5, 2, 5, 10]);
  if (kind < 0.95) return value + random.gaussian() * size;
  return -value;
}

function perturbInteger({ value, whole }: Literal, random: Random): number {
  const kind = random.next();
  if (kind < 0.1 && !whole && Math.abs(value) <= 10) {
    return value === 0 ? random.gaussian() : value * Math.exp(random.gaussian() * 0.3);
  }
  let changed: number;
  if (kind < 0.6) {
    const reach = Math.max(1, Math.abs(value) * 0.2);
    changed = value + Math.ceil(random.next() * reach) * random.pick([-1, 1]);
  } else {
    changed = value * random.pick([0.25, 0.5, 0.75, 1.5, 2, 3]);
  }
  // Counts and sizes must not turn negative.
  return Math.round(value >= 0 ? Math.max(0, changed) : changed);
}
