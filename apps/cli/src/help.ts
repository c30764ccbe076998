import type { Definition } from 'clipanion';

const COLUMN = 32;
const WIDTH = 100;

/** All commands by what they are for, one line each. Pure. */
export function renderOverview(definitions: readonly Definition[], version: string): string {
  const sections = categories(definitions).map(([category, commands]) => [
    `${category}:`,
    ...commands.map(({ path, description = '' }) =>
      twoColumns(`  ${commandName(path)}`, description.trim(), 18),
    ),
  ]);
  return [
    `openevolve-aws ${version}: OpenEvolve on AWS Spot machines, without losing work`,
    ...sections.map((lines) => lines.join('\n')),
    'More on one of them: openevolve-aws COMMAND --help',
  ].join('\n\n');
}

/** One command with its flags and examples. Pure. */
export function renderCommand(definition: Definition): string {
  const { usage, description = '', details = '', examples = [], options } = definition;
  return [
    `${usage.replace(/ \.\.\.$/, '')} [flags]`,
    description.trim(),
    details.trim(),
    ['Flags:', ...options.map(renderFlag)].join('\n'),
    [
      'Examples:',
      ...examples.map(([label, command]) => `  ${label.trim()}\n    $ ${command}`),
    ].join('\n'),
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

/** Pure. */
export function wantsHelp(words: readonly string[]): boolean {
  return words.length === 0 || words.some((word) => word === '--help' || word === '-h');
}

/** The command that words begin with; null for none. Pure. */
export function commandIn(
  words: readonly string[],
  definitions: readonly Definition[],
): Definition | null {
  const found = definitions.find(({ path }) =>
    commandName(path)
      .split(' ')
      .every((part, index) => words[index] === part),
  );
  return found ?? null;
}

/** Commands under their categories, both in the order in which they were registered. Pure. */
export function categories(
  definitions: readonly Definition[],
): [category: string, commands: Definition[]][] {
  const found = new Map<string, Definition[]>();
  for (const definition of definitions) {
    const category = definition.category?.trim() ?? '';
    found.set(category, [...(found.get(category) ?? []), definition]);
  }
  return [...found];
}

/** `openevolve-aws secret set` is `secret set`. */
export function commandName(path: string): string {
  return path.replace(/^openevolve-aws /, '');
}

/** A flag as it is typed: `--max-usd USD`. */
export function flagName(definition: string): string {
  const word = /([a-z]+) #0$/.exec(definition)?.[1]?.toUpperCase() ?? '';
  return definition.replace('#0', word);
}

function renderFlag({ definition, description = '' }: Definition['options'][number]): string {
  return twoColumns(`  ${flagName(definition)}`, description, COLUMN);
}

function twoColumns(left: string, right: string, column: number): string {
  const first = left.length < column - 1 ? left.padEnd(column) : `${left}  `;
  const lines: string[] = [];
  let line = first;
  for (const word of right.split(/\s+/)) {
    if (line.length + word.length > WIDTH && line.trim() !== '') {
      lines.push(line.trimEnd());
      line = ' '.repeat(column);
    }
    line += `${word} `;
  }
  return [...lines, line.trimEnd()].join('\n');
}
