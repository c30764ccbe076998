import type { CodeBlock } from './markdown.ts';

const SHELLS = new Set(['sh', 'bash', 'shell', 'console']);

/**
 * The commands that a block of code shows, one string each, as they are typed; none for other
 * languages than the shell's. Prompts, comments and what a here-document holds are left out. Pure.
 */
export function typedCommands({ language, text }: CodeBlock): string[] {
  if (!SHELLS.has(language)) {
    return [];
  }
  const commands: string[] = [];
  const lines = text.split('\n');
  let typed: string[] = [];
  while (lines.length > 0) {
    const line = lines.shift() ?? '';
    if (typed.length === 0) {
      const isTyped = language === 'console' ? line.startsWith('$ ') : !/^\s*(#|$)/.test(line);
      if (!isTyped) {
        continue;
      }
    }
    typed.push(line.replace(/^\$ /, ''));
    const hereDocument = /<<\s*'?(\w+)'?/.exec(line)?.[1];
    if (hereDocument !== undefined) {
      lines.splice(0, lines.indexOf(hereDocument) + 1);
    }
    if (!line.endsWith('\\')) {
      commands.push(typed.join('\n'));
      typed = [];
    }
  }
  return commands;
}

/**
 * The words of each simple command in a line of the shell: what stands between `&&`, `||`, `|` and
 * `;`, without comments, redirections, assignments and the shell's own words before it. A
 * placeholder such as `<JOB>` is a word, an optional one such as `[STATUS]` is none. Pure.
 */
export function simpleCommands(typed: string): string[][] {
  const commands: string[][] = [[]];
  const line = typed
    .replaceAll('\\\n', ' ')
    .replaceAll(/<([\w -]+)>/g, (_, name: string) => name.replaceAll(' ', '-'))
    .replaceAll(/(^|\s)\[[^\]]*\]/g, ' ');
  const word = /\d?[<>]+\s*\S+|&&|\|\|?|;|\n|(?<=\s)#.*|(?:"[^"]*"|'[^']*'|\\.|[^\s;|&"'])+|&/g;
  for (const [part] of line.matchAll(word)) {
    if (/^(&&?|\|\|?|;|\n)$/.test(part)) {
      commands.push([]);
    } else if (!/^(#|\d?[<>])/.test(part)) {
      commands.at(-1)?.push(part.replaceAll(/["']/g, ''));
    }
  }
  return commands.map(withoutPrefixes).filter((words) => words.length > 0);
}

/** What may stand before a program's name. */
const PREFIX = /^(\w+=.*|until|while|if|then|do|else|!|time|sudo|npx|--no)$/;

function withoutPrefixes(words: readonly string[]): string[] {
  const first = words.findIndex((word) => !PREFIX.test(word));
  return first === -1 ? [] : words.slice(first);
}
