import { cp, mkdir, mkdtemp, readdir, realpath, rename, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { BatchClientError } from '../errors.ts';

/** Results that are gathered inside their folder until they are whole. */
const INSIDE = /^\.[0-9a-f]{8}-\w+\.part(-\w+)?$/;

/** Where results are gathered, and where files of theirs are that are not whole yet. */
export interface Gathering {
  readonly gathered: string;
  readonly scratch: string;
}

/**
 * Makes room for results on their way: beside their folder, so that they come into their place at
 * once. Inside it, where nothing can be made beside it, and where it is the working folder: a shell
 * would stay in the one that was replaced.
 *
 * @param name of this state of the results; what is there from before under it is a part of them.
 */
export async function gatheringFor(target: string, name: string): Promise<Gathering> {
  const inside = join(target, `.${name}.part`);
  if (target === process.cwd()) {
    return { gathered: inside, scratch: await mkdtemp(`${inside}-`) };
  }
  const beside = join(dirname(target), `.${basename(target)}.${name}.part`);
  await mkdir(dirname(target), { recursive: true });
  try {
    return { gathered: beside, scratch: await mkdtemp(`${beside}-`) };
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    const isThere = await stat(target).catch(() => null);
    if (isThere === null || !['EACCES', 'EPERM', 'EROFS'].includes(code)) {
      throw error;
    }
    return { gathered: inside, scratch: await mkdtemp(`${inside}-`) };
  }
}

/** Nothing that came into the folder meanwhile is lost, unless by `force`. */
export async function moveIntoPlace(
  gathered: string,
  target: string,
  force: boolean,
): Promise<void> {
  if (dirname(gathered) === target) {
    if (force) {
      await cp(gathered, target, { recursive: true, force: true });
      return;
    }
    if ((await resultsIn(target)).length > 0) {
      throw occupied(target);
    }
    for (const name of await readdir(gathered)) {
      await rename(join(gathered, name), join(target, name));
    }
    return;
  }
  try {
    // It replaces an empty folder and nothing else.
    await rename(gathered, target);
  } catch (cause) {
    // EBUSY: the folder is a mount point.
    const { code = '' } = cause as NodeJS.ErrnoException;
    if (!['ENOTEMPTY', 'EEXIST', 'ENOTDIR', 'EBUSY'].includes(code)) {
      throw cause;
    }
    if (!force && !(code === 'EBUSY' && (await resultsIn(target)).length === 0)) {
      throw occupied(target, cause);
    }
    await cp(gathered, target, { recursive: true, force: true });
  }
}

/** What is in a folder, but for results on their way into it. */
export async function resultsIn(target: string): Promise<string[]> {
  return (await entriesOf(target)).filter((name) => !INSIDE.test(name));
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
