import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { basename } from 'node:path';
import { promisify } from 'node:util';
import { BatchClientError } from '@openevolve-aws/batch-client';

export type Program = readonly [file: string, ...args: string[]];

export interface ProgramOptions {
  /** Written to its standard input, and to nothing else. */
  readonly input?: string;
  /** What messages call it, where its file says little. */
  readonly name?: string;
  /** Where its standard output goes: to this command's own, or beside it. */
  readonly output?: 'stdout' | 'stderr';
}

/**
 * Runs a program to its end in the user's terminal.
 *
 * @throws {BatchClientError} `INVALID_INPUT` when it is not installed, `UNAVAILABLE` when it fails.
 * @throws {DOMException} `AbortError` when the user interrupts it.
 */
export async function runProgram(
  [file, ...args]: Program,
  { input, name, output = 'stdout' }: ProgramOptions = {},
): Promise<void> {
  const stdin = input === undefined ? 'inherit' : 'pipe';
  const child = spawn(file, args, { stdio: [stdin, output === 'stdout' ? 1 : 2, 2] });
  // Ctrl-C goes to both; the program ends in order, and what it left is then told.
  let isInterrupted = false;
  const interrupt = () => {
    isInterrupted = true;
  };
  process.on('SIGINT', interrupt);
  // One that ends before it has read everything says so by its exit code.
  child.stdin?.on('error', () => {});
  child.stdin?.end(input);
  try {
    const [code, signal] = await once(child, 'exit').catch((error) => {
      throw failure(file, args, error, name);
    });
    if (isInterrupted || signal === 'SIGINT') {
      throw new DOMException('Interrupted.', 'AbortError');
    }
    if (code !== 0) {
      throw failure(file, args, { code: code ?? signal }, name);
    }
  } finally {
    process.off('SIGINT', interrupt);
  }
}

/**
 * Runs a program and gives back what it wrote to its standard output.
 *
 * @throws {BatchClientError} as {@link runProgram}, with what it wrote to its standard error.
 */
export async function readProgram([file, ...args]: Program): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)(file, args, { maxBuffer: 16 * 1024 * 1024 });
    return stdout;
  } catch (error) {
    throw failure(file, args, error as NodeJS.ErrnoException & { stderr?: string });
  }
}

interface Ending {
  /** An exit code, the name of a signal, or why it could not be started. */
  readonly code?: string | number | undefined;
  readonly stderr?: string;
}

function failure(
  file: string,
  args: readonly string[],
  { code, stderr }: Ending,
  name = `${basename(file)} ${args[0] ?? ''}`.trim(),
): BatchClientError {
  if (code === 'ENOENT') {
    return new BatchClientError('INVALID_INPUT', `${basename(file)} is not installed.`);
  }
  const said = stderr?.trim().replace(/\.$/, '') || 'what it wrote above says why';
  return new BatchClientError('UNAVAILABLE', `${name} ended with ${code}: ${said}.`);
}
