import fc from 'fast-check';
import { expect, test } from 'vitest';
import { applyDiffReply } from '../../tests/openevolve.ts';
import { diffBlocks } from './proposal.ts';

test('a block holds the changed line alone when that line is the only one of its kind', () => {
  expect(diffBlocks('a = 1\nb = 2', 'a = 1\nb = 3')).toBe(
    '<<<<<<< SEARCH\nb = 2\n=======\nb = 3\n>>>>>>> REPLACE',
  );
});

test('OpenEvolve makes exactly the proposal of a diff, however often lines repeat', () => {
  // Few different lines, blanks at their ends and empty ones, so that first matches are often wrong.
  const line = fc.constantFrom('a = 1', 'a = 1 ', 'b = 2', '', '  ');
  const lines = fc.array(fc.tuple(line, fc.boolean()), { minLength: 1, maxLength: 12 });
  fc.assert(
    fc.property(lines, (list) => {
      const code = (text: string) => text.trim() !== '';
      const program = list.map(([text]) => text).join('\n');
      const proposal = list
        .map(([text, change]) => (change && code(text) ? text.replace(/\d/, '9') : text))
        .join('\n');
      fc.pre(proposal !== program);
      const applied = applyDiffReply(program, diffBlocks(program, proposal));
      const trimmed = (text: string) => text.split('\n').map((one) => one.trimEnd());
      expect(trimmed(applied)).toEqual(trimmed(proposal));
    }),
    { numRuns: 2000 },
  );
});
