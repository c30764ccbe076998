import { execFileSync } from 'node:child_process';
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { builtEntrypoint } from './attempt.ts';

const root = join(import.meta.dirname, '../..');

/**
 * Builds the entrypoint from the sources as they are, and copies it: a build meanwhile must not
 * change what runs.
 *
 * @param folder gets the copy.
 * @returns the folder of the copied bundle.
 * @throws {Error} when the build fails; its lines are on standard error.
 */
export async function bundleEntrypoint(folder: string): Promise<string> {
  execFileSync(join(root, 'node_modules/.bin/nx'), ['build', 'entrypoint'], {
    cwd: root,
    // Its lines go beside the table, not into it.
    stdio: ['ignore', process.stderr.fd, process.stderr.fd],
    env: { ...process.env, NX_DAEMON: 'false' },
  });
  const bundle = join(folder, 'entrypoint');
  await cp(builtEntrypoint, bundle, { recursive: true });
  return bundle;
}
