import fc from 'fast-check';
import { expect, test } from 'vitest';
import { findLiterals, formatNumber, perturb } from './literals.ts';
import { Random } from './random.ts';

const values = (code: string) => findLiterals(code).map(({ value }) => value);

test.each([
  ['x = 1_000 + .5 - 2e-3', [1000, 0.5, 0.002]],
  ['return -1 - -2.0, a-3, f(-4)', [-1, -2, 3, -4]],
  ['x1 = log2(y3) + 0x1F + 1j', []],
  ['float a = 1.5f; u8 b = 7u8; x <- 5L', [1.5, 7, 5]],
  ['for i in 0..10 { t.0 }', []],
  ['a[0] = b(1)[-2] + [3] + c[i + 4]', [1, 3, 4]],
])('the numbers of %j are %j', (code, expected) => {
  expect(values(code)).toEqual(expected);
});

test('a changed number is another number, in the same place of the program', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.integer({ min: 0, max: 1e9 }).map(String),
        fc.double({ min: 0, max: 1e9, noNaN: true }).map((value) => value.toFixed(3)),
      ),
      fc.constantFrom('x = @', 'x = -@', 'y = x - @', 'f(@, 1)', 'return @', 'x = y*@'),
      fc.string(),
      (number, template, seed) => {
        const code = template.replace('@', number);
        const [literal] = findLiterals(code);
        if (!literal) throw new Error(`no number found in ${code}`);
        const text = formatNumber(perturb(literal, new Random(seed)), literal);
        const changed = code.slice(0, literal.start) + text + code.slice(literal.end);
        const found = findLiterals(changed);
        expect(found).toHaveLength(findLiterals(code).length);
        expect(found[0]?.value).not.toBe(literal.value);
        expect(Number.isFinite(found[0]?.value)).toBe(true);
        // A number that needed parentheses is no operand of the operator any more.
        if (!text.startsWith('(')) expect(found[0]?.place).toBe(literal.place);
      },
    ),
  );
});
