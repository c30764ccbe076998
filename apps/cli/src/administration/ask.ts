import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { UsageError } from '../failure.ts';

/**
 * Asks on standard error and reads a line of standard input, whatever that is.
 *
 * @throws {UsageError} when it ends without a line.
 * @throws {DOMException} `AbortError` at Ctrl-C.
 */
export async function ask(question: string): Promise<string> {
  return readLine(question, process.stderr);
}

/** A secret: what is piped in, or in a terminal a line that is not shown as it is typed. */
export async function askSecret(question: string): Promise<string> {
  if (!process.stdin.isTTY) {
    return (await text(process.stdin)).trim();
  }
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const answer = readLine('', nowhere);
  // Now that nothing is shown any more.
  process.stderr.write(question);
  const line = await answer;
  process.stderr.write('\n');
  return line.trim();
}

async function readLine(question: string, output: NodeJS.WritableStream): Promise<string> {
  const lines = createInterface({ input: process.stdin, output, terminal: process.stdin.isTTY });
  const { promise, reject } = Promise.withResolvers<never>();
  lines.once('SIGINT', () => reject(new DOMException('Interrupted.', 'AbortError')));
  lines.once('close', () => reject(new UsageError('There was no answer: add --yes, or answer.')));
  try {
    return await Promise.race([lines.question(question), promise]);
  } finally {
    lines.close();
  }
}
