import { maskCode } from './code-mask.ts';
import type { Edit } from './edit.ts';
import { findLiterals, formatNumber, type Literal, perturb } from './literals.ts';
import { adjustments, operatorSwaps } from './operators.ts';
import type { ProgramRequest } from './prompt.ts';
import type { Random } from './random.ts';

/** How often numbers change, rather than an operator or an expression. */
const NUMBERS_SHARE = 0.85;
/** How often, then, the numbers of a relative are taken over whole, and how often a step to it. */
const ADOPT_SHARE = 0.6;
const STEP_SHARE = 0.15;
/** Numbers may by chance change back to what they were. */
const MAX_TRIES = 16;

/**
 * Proposes a changed program: other numbers, numbers taken from the programs that the prompt shows,
 * another operator, or a shifted expression. It knows nothing of any task; all that guides the
 * search is which programs OpenEvolve shows, best first.
 *
 * The line breaks stay where they are.
 *
 * @returns null when the program has nothing that could be changed.
 */
export function mutate(request: ProgramRequest, random: Random): string | null {
  const { program, language, others } = request;
  const masked = maskCode(program, language);
  const literals = findLiterals(masked);
  const relatives = others.map((other) => valuesByPlace(findLiterals(maskCode(other, language))));
  const numbers = () => numberEdits(literals, relatives, random);
  const structure = () => structureEdits(masked, random);

  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const edits = random.chance(NUMBERS_SHARE)
      ? (numbers() ?? structure())
      : (structure() ?? numbers());
    if (!edits) return null;
    const proposal = applyEdits(program, edits);
    if (proposal !== program) return proposal;
  }
  return null;
}

function structureEdits(masked: string, random: Random): Edit[] | null {
  const edit = random.pick([...operatorSwaps(masked, random), ...adjustments(masked, random)]);
  return edit ? [edit] : null;
}

function numberEdits(
  literals: readonly Literal[],
  relatives: readonly ReadonlyMap<string, Literal>[],
  random: Random,
): Edit[] | null {
  if (literals.length === 0) return null;
  const changed = new Map<Literal, string>();
  const relative = pickRelative(literals, relatives, random);
  const kind = random.next();
  if (relative && kind < ADOPT_SHARE) {
    for (const [literal, other] of relative) changed.set(literal, other.text);
  } else if (relative && kind < ADOPT_SHARE + STEP_SHARE) {
    // A step from this program towards, or beyond, the other one.
    const factor = random.between(0.3, 1.6);
    for (const [literal, other] of relative) {
      const value = literal.value + factor * (other.value - literal.value);
      changed.set(literal, numberText(literal, literal.integer ? Math.round(value) : value));
    }
  }
  const count = random.pick([1, 1, 1, 2, 2, 3]);
  for (const literal of random.sample(literals, count)) {
    const adopted = relative?.get(literal);
    const base = adopted && changed.has(literal) ? { ...adopted, suffix: literal.suffix } : literal;
    changed.set(literal, formatNumber(perturb(base, random), { ...base, value: literal.value }));
  }
  return [...changed].map(([{ start, end }, text]) => ({ start, end, text }));
}

function numberText(literal: Literal, value: number): string {
  const rounded = Number(value.toPrecision(6));
  return rounded === literal.value ? literal.text : formatNumber(rounded, literal);
}

/** The numbers in which a shown program differs from this one; better programs come first. */
function pickRelative(
  literals: readonly Literal[],
  relatives: readonly ReadonlyMap<string, Literal>[],
  random: Random,
): ReadonlyMap<Literal, Literal> | undefined {
  const differing = relatives
    .map((values) => {
      const pairs = literals.flatMap((literal): [Literal, Literal][] => {
        const other = values.get(literal.place);
        return other && other.value !== literal.value ? [[literal, other]] : [];
      });
      return new Map(pairs);
    })
    .filter((pairs) => pairs.size > 0);
  return random.chance(0.6) ? differing[0] : random.pick(differing);
}

function valuesByPlace(literals: readonly Literal[]): ReadonlyMap<string, Literal> {
  return new Map(literals.map((literal) => [literal.place, literal]));
}

function applyEdits(program: string, edits: readonly Edit[]): string {
  return [...edits]
    .sort((left, right) => right.start - left.start)
    .reduce(
      (text, { start, end, text: replacement }) =>
        text.slice(0, start) + replacement + text.slice(end),
      program,
    );
}
