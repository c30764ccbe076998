import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { BatchClientError } from '@openevolve-aws/batch-client';
import { z } from 'zod';

// All of the bundle lies flat in one folder, and the entrypoint's bundle in a folder beside it.
const cliProgram = fileURLToPath(new URL('./main.js', import.meta.url));
const entrypointProgram = fileURLToPath(new URL('./entrypoint/main.js', import.meta.url));

/** Starts the supervisor of a local home. */
export function supervisorCommand(home: string): string[] {
  return [process.execPath, cliProgram, 'local-supervisor', '--home', home];
}

/** Starts the entrypoint, with the image's limit of memory for new values. */
export function entrypointCommand(): string[] {
  return [process.execPath, '--max-semi-space-size=4', entrypointProgram];
}

/**
 * The Python that has OpenEvolve: `OPENEVOLVE_PYTHON`, or one made in the user's cache folder when
 * it is not there yet.
 *
 * @param report told what is done, when it takes a while.
 * @throws {BatchClientError} `INVALID_INPUT` without a Python that will do, `UNAVAILABLE` when its
 *   packages cannot be installed.
 */
export async function preparePython(report: (line: string) => void): Promise<string> {
  const given = process.env.OPENEVOLVE_PYTHON;
  if (given) {
    return checkPython(resolve(given));
  }
  const child = spawn(process.execPath, [entrypointProgram, 'prepare-python'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const closed = once(child, 'close');
  // Progress comes as lines, and the last line is a JSON document with the result.
  let last = '';
  for await (const line of createInterface({ input: child.stdout })) {
    if (last !== '') {
      report(last);
    }
    last = line;
  }
  await closed;
  const result = resultSchema.safeParse(parseResult(last));
  if (!result.success) {
    throw new BatchClientError('UNAVAILABLE', `The Python environment could not be made: ${last}`);
  }
  if ('error' in result.data) {
    const { code, message } = result.data.error;
    throw new BatchClientError(code === 'NO_PYTHON' ? 'INVALID_INPUT' : 'UNAVAILABLE', message);
  }
  return result.data.python;
}

async function checkPython(python: string): Promise<string> {
  const program =
    'import importlib.util; print(importlib.util.find_spec("openevolve") is not None)';
  try {
    const { stdout } = await promisify(execFile)(python, ['-c', program]);
    if (stdout.trim() !== 'True') {
      throw new Error(`it printed ${JSON.stringify(stdout)}`);
    }
    return python;
  } catch (cause) {
    throw new BatchClientError(
      'INVALID_INPUT',
      `OPENEVOLVE_PYTHON names ${python}, which is no Python that has OpenEvolve; name another one, or none to have one made.`,
      { cause },
    );
  }
}

const resultSchema = z.union([
  z.object({ python: z.string().min(1) }),
  z.object({ error: z.object({ code: z.string(), message: z.string() }) }),
]);

function parseResult(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}
