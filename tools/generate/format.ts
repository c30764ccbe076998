import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { inRepository } from './repository.ts';

const run = promisify(execFile);

/** The content as the repository's formatter wants it at that path, so that it passes its check. */
export async function format(path: string, content: string): Promise<string> {
  const biome = run(
    inRepository('node_modules/.bin/biome'),
    ['format', `--stdin-file-path=${path}`],
    { cwd: inRepository('.') },
  );
  biome.child.stdin?.end(content);
  return (await biome).stdout;
}
