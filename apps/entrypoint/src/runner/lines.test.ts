import { expect, it } from 'vitest';
import { MAX_LINE, readLines } from './lines.ts';

async function linesOf(...chunks: (string | Buffer)[]): Promise<string[]> {
  async function* stream() {
    for (const chunk of chunks) {
      yield Buffer.from(chunk);
    }
  }
  const lines: string[] = [];
  for await (const line of readLines(stream())) {
    lines.push(line);
  }
  return lines;
}

it('puts lines together from chunks, also within a character', async () => {
  const bytes = Buffer.from('ä\nb');
  expect(await linesOf('one\ntw', 'o\n', bytes.subarray(0, 1), bytes.subarray(1))).toEqual([
    'one',
    'two',
    'ä',
    'b',
  ]);
});

it('cuts a line that does not end, and goes on with the next', async () => {
  const flood = 'x'.repeat(MAX_LINE);
  const lines = await linesOf(flood, flood, flood, '\nafter\n');
  expect(lines).toEqual([`${flood}…`, 'after']);
});

it('makes control characters visible, so that no terminal obeys them', async () => {
  expect(await linesOf('\u001b[2Jgone\u0007\tkept\r\n')).toEqual(['\\x1b[2Jgone\\x07\tkept']);
});
