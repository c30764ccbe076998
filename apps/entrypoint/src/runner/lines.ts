import { StringDecoder } from 'node:string_decoder';

/** A longer line is cut: evolved code may print without end and without a newline. */
export const MAX_LINE = 16 * 1024;

/**
 * The lines of a stream, each at most {@link MAX_LINE} characters, with control characters made
 * visible: what is printed here reaches a person's terminal.
 */
export async function* readLines(stream: AsyncIterable<Buffer>): AsyncGenerator<string> {
  const decoder = new StringDecoder('utf8');
  let line = '';
  let cut = false;
  for await (const chunk of stream) {
    const parts = decoder.write(chunk).split('\n');
    for (const [index, part] of parts.entries()) {
      if (!cut) {
        line += part.slice(0, MAX_LINE + 1 - line.length);
        cut = line.length > MAX_LINE;
      }
      if (index < parts.length - 1) {
        yield finish(line, cut);
        line = '';
        cut = false;
      }
    }
  }
  if (line !== '') {
    yield finish(line, cut);
  }
}

function finish(line: string, cut: boolean): string {
  const text = cut ? `${line.slice(0, MAX_LINE)}…` : line.replace(/\r$/, '');
  return text.replace(/\p{Cc}/gu, (character) =>
    character === '\t' ? character : `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`,
  );
}
