import { expect, test } from 'vitest';
import { maskCode } from './code-mask.ts';

const cases: [what: string, language: string, program: string, kept: string[], gone: string[]][] = [
  [
    'Python',
    'python',
    'from m3 import x\nimport n4\n"""doc 11\n# 12"""\nx = 13  # 14\ny = f"{15} \\" 16" + 17 // 18\nz = \'#19\' * 20',
    ['13', '17', '18', '20'],
    ['m3', 'n4', '11', '12', '14', '15', '16', '19'],
  ],
  [
    'C++',
    'cpp',
    '#include <a11>\nint x = 12; // 13\n/* 14\n15 */ const char *s = "16"; char c = \'1\'; x += 17;',
    ['12', '17'],
    ['a11', '13', '14', '15', '16', "'1'"],
  ],
  [
    'Rust',
    'rust',
    "use a::b11;\nfn f<'a>(x: &'a f64) -> f64 { x * 12.0 } // '13'\nlet c = '1'; let s = \"14\";",
    ["'a>", '12.0'],
    ['b11', '13', '14', "'1'"],
  ],
  ['R', 'r', 'library(a11)\nf <- function(x) x * 12 # 13\ns <- "14"', ['12'], ['a11', '13', '14']],
  ['a text of unknown language', 'unknown', 'double x = 11; // 12', ['11'], ['12']],
];

test.each(cases)('in %s only code is left', (_what, language, program, kept, gone) => {
  const masked = maskCode(program, language);
  expect(masked).toHaveLength(program.length);
  expect(masked.split('\n').map((line) => line.length)).toEqual(
    program.split('\n').map((line) => line.length),
  );
  for (const text of kept) expect(masked).toContain(text);
  for (const text of gone) expect(masked).not.toContain(text);
});

test('only the regions between EVOLVE-BLOCK markers are left, if there are any', () => {
  const program =
    'a = 11\n# EVOLVE-BLOCK-START\nb = 12\n# EVOLVE-BLOCK-END 13\nc = 14\n// EVOLVE-BLOCK-START\nd = 15';
  expect(maskCode(program, 'python').match(/\d+/g)).toEqual(['12', '15']);
});
