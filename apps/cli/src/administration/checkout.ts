import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { SourceState } from '@openevolve-aws/batch-client/administration';
import { UsageError } from '../failure.ts';
import { readProgram } from './run-program.ts';

/**
 * The folder with the sources of the image.
 *
 * @throws {UsageError} when it has none.
 */
export function sourcesIn(folder: string): string {
  const sources = resolve(folder);
  if (!existsSync(join(sources, 'Dockerfile.aws'))) {
    throw new UsageError(
      `${sources} has no Dockerfile.aws: run this in the root of a checkout of openevolve-aws, or name it with --source.`,
    );
  }
  return sources;
}

/**
 * @throws {UsageError} when the folder is no checkout, and so an image of it has no name.
 */
export async function stateOf(sources: string): Promise<SourceState> {
  try {
    const commit = await readProgram(['git', '-C', sources, 'rev-parse', 'HEAD']);
    const changes = await readProgram(['git', '-C', sources, 'status', '--porcelain']);
    return { commit: commit.trim(), dirty: changes !== '' };
  } catch (cause) {
    throw new UsageError(
      `${sources} is no checkout of git that could give the image its name: name it with --tag. (${cause instanceof Error ? cause.message : cause})`,
      { cause },
    );
  }
}
