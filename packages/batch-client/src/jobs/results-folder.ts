import { cp, readdir, realpath, rename } from 'node:fs/promises';
import { BatchClientError } from '../errors.ts';

/** A rename replaces an empty folder and nothing else, so nothing that came meanwhile is lost. */
export async function moveIntoPlace(
  gathered: string,
  target: string,
  force: boolean,
): Promise<void> {
  try {
    await rename(gathered, target);
  } catch (cause) {
    // EBUSY: the folder is a mount point.
    const { code = '' } = cause as NodeJS.ErrnoException;
    if (!['ENOTEMPTY', 'EEXIST', 'ENOTDIR', 'EBUSY'].includes(code)) {
      throw cause;
    }
    if (!force) {
      throw occupied(target, cause);
    }
    await cp(gathered, target, { recursive: true, force: true });
  }
}

export function occupied(target: string, cause?: unknown): BatchClientError {
  return new BatchClientError(
    'CONFLICT',
    `The folder ${target} is not empty or in use; name another one, or add --force to replace files in it.`,
    { cause },
  );
}

/** A link to a folder stays, and the folder takes the results. */
export async function realPathOf(path: string): Promise<string> {
  return realpath(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') {
      return path;
    }
    throw cannotTakeResults(path, error);
  });
}

export async function entriesOf(directory: string): Promise<string[]> {
  return readdir(directory).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT') {
      return [];
    }
    throw cannotTakeResults(directory, cause);
  });
}

function cannotTakeResults(path: string, cause: NodeJS.ErrnoException): BatchClientError {
  return new BatchClientError(
    'CONFLICT',
    `${path} cannot take results (${cause.code === 'ENOTDIR' ? 'it is a file' : cause.code}); name another folder.`,
    { cause },
  );
}
