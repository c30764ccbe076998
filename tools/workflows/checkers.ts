import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { goProgram, pythonProgram } from '@openevolve-aws/test-servers';

const run = promisify(execFile);

/**
 * What actionlint finds in workflows, and shellcheck in their scripts; a line each. The first time
 * actionlint is built, which takes a minute.
 *
 * @throws {Error} when it could not check them.
 */
export async function actionlint(files: readonly string[]): Promise<string[]> {
  const shellcheck = pythonProgram('shellcheck');
  // 1 says that there are findings.
  return findings(
    await goProgram('actionlint'),
    [0, 1],
    [...['-oneline', '-no-color', '-pyflakes=', `-shellcheck=${shellcheck}`], ...files],
  );
}

/**
 * What zizmor, which knows attacks on workflows, finds without the network at its strictest; a line
 * each.
 *
 * @throws {Error} when it could not check them.
 */
export async function zizmor(files: readonly string[]): Promise<string[]> {
  return findings(
    pythonProgram('zizmor'),
    [0],
    [
      ...['--offline', '--quiet', '--no-progress', '--no-exit-codes', '--strict-collection'],
      // Its exit code then says whether it could check.
      ...['--persona=auditor', '--format=github'],
      ...files,
    ],
  );
}

async function findings(
  program: string,
  exitCodes: readonly number[],
  args: readonly string[],
): Promise<string[]> {
  const { stdout } = await run(program, args).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && 'stdout' in error) {
      if (exitCodes.some((code) => code === error.code)) {
        return { stdout: String(error.stdout) };
      }
    }
    throw error;
  });
  return stdout.split('\n').filter((line) => line !== '');
}
