import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { BatchClientError } from '@openevolve-aws/batch-client';

// All of the bundle lies flat in one folder, and the entrypoint's bundle in a folder beside it.
const cliProgram = fileURLToPath(new URL('./main.js', import.meta.url));
const entrypointProgram = fileURLToPath(new URL('./entrypoint/main.js', import.meta.url));

/** Starts the supervisor of a local home. */
export function supervisorCommand(home: string): string[] {
  return [process.execPath, cliProgram, 'local-supervisor', '--home', home];
}

/** Starts the entrypoint, as the container would. */
export function entrypointCommand(): string[] {
  return [process.execPath, entrypointProgram];
}

/**
 * The Python that has OpenEvolve: `OPENEVOLVE_PYTHON`, or one made in the user's cache folder when
 * it is not there yet.
 *
 * @param report told what is done, when it takes a while.
 * @throws {BatchClientError} `INVALID_INPUT` without a Python that will do.
 */
export async function preparePython(report: (line: string) => void): Promise<string> {
  const given = process.env.OPENEVOLVE_PYTHON;
  if (given) {
    return given;
  }
  const child = spawn(process.execPath, [entrypointProgram, 'prepare-python'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output: string[] = [];
  const messages: string[] = [];
  child.stdout.setEncoding('utf8').on('data', (text: string) => output.push(text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    messages.push(text);
    report(text.trimEnd());
  });
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) {
    throw new BatchClientError('INVALID_INPUT', messages.at(-1)?.trim() ?? 'Python is missing.');
  }
  return output.join('').trim();
}
