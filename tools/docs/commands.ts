import { createCli } from '../../apps/cli/src/cli.ts';
import { joinValues, syntaxSentence } from '../../apps/cli/src/syntax.ts';
import type { MarkdownDocument } from './markdown.ts';
import { simpleCommands, typedCommands } from './shell-commands.ts';

/** What a command in a document may name. */
export interface KnownCommands {
  /** Scripts of the `package.json` at the root. */
  readonly scripts: ReadonlySet<string>;
  /** All files of the repository, from its root. */
  readonly files: ReadonlySet<string>;
}

const cli = createCli('');
const names = cli.definitions().map(({ path }) => path.replace(/^openevolve-aws /, ''));

/**
 * Commands of a document that cannot be typed, each in a sentence: a command or flag that
 * `openevolve-aws` does not have, a script of npm or a program of this repository that is not there.
 */
export function wrongCommands(document: MarkdownDocument, known: KnownCommands): string[] {
  const whole = document.codeBlocks.flatMap(typedCommands);
  // In a sentence a command need not be whole: `openevolve-aws logs` is enough to speak of it.
  const spoken = document.codeSpans.filter((code) => /^(openevolve-aws|npm|node) /.test(code));
  return [
    ...whole.flatMap((typed) => problemsOf(typed, known, true)),
    ...spoken.flatMap((typed) => problemsOf(typed, known, false)),
  ].map((problem) => `${document.path}: ${problem}`);
}

function problemsOf(typed: string, known: KnownCommands, whole: boolean): string[] {
  return simpleCommands(typed).flatMap(([program = '', ...words]) => {
    switch (program) {
      case 'openevolve-aws':
        return problemsOfOurs(words, whole);
      case 'npm':
        return problemsOfScript(words, known.scripts);
      case 'node':
        return words
          .filter((word) => /^(apps|packages|tools)\/.*\.m?[tj]s$/.test(word))
          .filter((file) => !file.includes('/dist/') && !known.files.has(file))
          .map((file) => `there is no ${file}.`);
      default:
        return [];
    }
  });
}

function problemsOfOurs(words: readonly string[], whole: boolean): string[] {
  if (words[0] === '--version' || words.includes('--help')) {
    return [];
  }
  try {
    cli.process(joinValues(words));
    return [];
  } catch (error) {
    const missing = /Not enough positional arguments/.test(String(error));
    return missing && !whole
      ? []
      : [`openevolve-aws ${words.join(' ')}: ${syntaxSentence(error, words, names)}`];
  }
}

function problemsOfScript(words: readonly string[], scripts: ReadonlySet<string>): string[] {
  const [verb, ...rest] = words;
  const name = verb === 'run' ? rest.find((word) => !word.startsWith('-')) : verb;
  if ((verb !== 'run' && verb !== 'test') || name === undefined || /^[A-Z]+$/.test(name)) {
    return [];
  }
  return scripts.has(name) ? [] : [`npm ${words.join(' ')}: there is no script ${name}.`];
}
