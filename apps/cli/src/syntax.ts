/**
 * Joins an option and a negative number behind it, which the parser would take for an option of
 * its own: `--iterations -5` becomes `--iterations=-5`, so that the message can name the value.
 */
export function joinNegativeNumbers(args: readonly string[]): string[] {
  const joined: string[] = [];
  for (const word of args) {
    const previous = joined.at(-1);
    if (/^-\d/.test(word) && previous?.startsWith('--') && !previous.includes('=')) {
      joined[joined.length - 1] = `${previous}=${word}`;
    } else {
      joined.push(word);
    }
  }
  return joined;
}

/** What clipanion's syntax error says, in one sentence. */
export function syntaxSentence(error: unknown, args: readonly string[]): string {
  const message = error instanceof Error ? error.message : String(error);
  const command = args[0] !== undefined && !args[0].startsWith('-') ? ` ${args[0]}` : '';
  const [first = message] = message.split(/\n|\$ /).filter((line) => line.trim() !== '');
  const sentence = first.trim().replace(/[.:,]?$/, '.');
  return `${sentence} See 'openevolve-aws${command} --help'.`;
}
