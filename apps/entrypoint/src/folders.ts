import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** The working folders of one attempt. */
export interface Folders {
  /** The job's inputs as they were submitted. */
  readonly inputs: string;
  /** Config, run file, home and temporary files of the runner. */
  readonly run: string;
  /** OpenEvolve's output. */
  readonly output: string;
  /** The checkpoint that was restored. */
  readonly restored: string;
}

/** Makes the folders anew: nothing of an earlier attempt is in them. */
export async function makeFolders(work: string): Promise<Folders> {
  const folders = {
    inputs: join(work, 'input'),
    run: join(work, 'run'),
    output: join(work, 'output'),
    restored: join(work, 'restored'),
  };
  for (const directory of Object.values(folders)) {
    await rm(directory, { recursive: true, force: true });
  }
  for (const directory of [folders.inputs, folders.run, folders.output]) {
    await mkdir(directory, { recursive: true });
  }
  return folders;
}
