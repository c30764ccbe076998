import type { Edit } from './edit.ts';
import type { Random } from './random.ts';

const alternatives: Readonly<Record<string, readonly [string, ...string[]]>> = {
  '+': ['-', '*'],
  '-': ['+'],
  '*': ['+', '/'],
  '/': ['*'],
  '+=': ['-='],
  '-=': ['+='],
  '*=': ['/='],
  '/=': ['*='],
  '<': ['<=', '>'],
  '<=': ['<', '>='],
  '>': ['>=', '<'],
  '>=': ['>', '<='],
  min: ['max'],
  max: ['min'],
  minimum: ['maximum'],
  maximum: ['minimum'],
  and: ['or'],
  or: ['and'],
  '&&': ['||'],
  '||': ['&&'],
};

// With a blank on both sides or on none, so that signs, pointers and exponents are no operators.
const swappable = [
  /(?<=[\w)\]] )(?:[-+*/]=?|[<>]=?|&&|\|\||and|or)(?= [\w([.-])/g,
  /(?<=[\w)\]])(?<!\d[eE])[-+*/](?=[\w(])/g,
  /\b(?:min|max|minimum|maximum)(?=\()/g,
];

const assignment =
  /^([ \t]*(?:return[ \t]+|[^\n=("]*[\w\])][ \t]=[ \t]+))([^\n;]+?)(?=[ \t]*;?[ \t]*$)/gm;
const wrapped = /^\(.*\) [-+*] [\d.]+$/;

/** Every operator of a masked program that can be swapped for a kindred one. */
export function operatorSwaps(masked: string, random: Random): Edit[] {
  return swappable.flatMap((pattern) =>
    [...masked.matchAll(pattern)].flatMap((match) => {
      const [operator] = match;
      const others = alternatives[operator];
      if (!others) return [];
      const start = match.index;
      return [{ start, end: start + operator.length, text: random.pick(others) }];
    }),
  );
}

/** Every assigned or returned expression of a masked program, shifted or scaled a little. */
export function adjustments(masked: string, random: Random): Edit[] {
  return [...masked.matchAll(assignment)].flatMap((match) => {
    const [, head = '', expression = ''] = match;
    if (!isArithmetic(expression) || wrapped.test(expression)) return [];
    const start = match.index + head.length;
    const change = random.pick([
      `* ${random.pick([0.5, 0.9, 1.1, 2]).toFixed(1)}`,
      `+ ${random.pick([0.01, 0.1, 1]).toFixed(2)}`,
      `- ${random.pick([0.01, 0.1, 1]).toFixed(2)}`,
    ]);
    return [{ start, end: start + expression.length, text: `(${expression}) ${change}` }];
  });
}

/** Whether an expression is plain arithmetic over at least one name, complete on its line. */
function isArithmetic(expression: string): boolean {
  if (!/[A-Za-z_]/.test(expression) || !/^[\w\s.()[\]+\-*/%]+$/.test(expression)) return false;
  if (
    /\b(?:if|else|for|in|and|or|not|lambda|new|await|yield|True|False|None|true|false|null)\b/.test(
      expression,
    )
  ) {
    return false;
  }
  if (/^[[(]|[-+*/%]$/.test(expression.trim())) return false;
  let depth = 0;
  for (const character of expression) {
    if ('(['.includes(character)) depth++;
    if (')]'.includes(character) && --depth < 0) return false;
  }
  return depth === 0;
}
