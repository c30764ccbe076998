/** Values of the option whose value may be left out; a job's short id is longer. */
const checkpointChoice = /^(latest|all|\d{1,7})$/;

/**
 * Joins options with values behind them that the parser would take for something else.
 *
 * @example
 * joinValues(['results', '--checkpoints', 'all', 'a1b2c3d4']); // ['results', '--checkpoints=all', 'a1b2c3d4']
 */
export function joinValues(args: readonly string[]): string[] {
  return joinNegativeNumbers(args).reduce<string[]>((joined, word) => {
    if (joined.at(-1) === '--checkpoints' && checkpointChoice.test(word)) {
      joined[joined.length - 1] = `--checkpoints=${word}`;
    } else {
      joined.push(word);
    }
    return joined;
  }, []);
}

/**
 * Joins an option and a negative number behind it, which the parser would take for an option of
 * its own: `--iterations -5` becomes `--iterations=-5`, so that the message can name the value.
 */
function joinNegativeNumbers(args: readonly string[]): string[] {
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

/**
 * What the parser's error says, in one sentence.
 *
 * @param commands the names of the commands that there are.
 */
export function syntaxSentence(
  error: unknown,
  args: readonly string[],
  commands: readonly string[],
): string {
  const [first = ''] = args;
  const name = commands.find((known) => known.split(' ').every((word, at) => word === args[at]));
  if (!first.startsWith('-') && name === undefined) {
    return `There is no command ${JSON.stringify(wordsOf(args))}; the commands are ${commands.join(', ')}.`;
  }
  const message = error instanceof Error ? error.message : String(error);
  const [line = message] = message.split('\n').filter((one) => one.trim() !== '');
  const command = name === undefined ? '' : ` ${name}`;
  // Commands about jobs have names of one word.
  if (line.startsWith('Not enough positional arguments') && !command.trim().includes(' ')) {
    return `${name} needs a JOB: its short id or its Batch job id; 'openevolve-aws list' shows both.`;
  }
  return `${line.trim().replace(/[.:,]?$/, '.')} See 'openevolve-aws${command} --help'.`;
}

/** What was typed before the first flag. */
function wordsOf(args: readonly string[]): string {
  const flag = args.findIndex((word) => word.startsWith('-'));
  return args.slice(0, flag === -1 ? 2 : Math.min(flag, 2)).join(' ');
}
