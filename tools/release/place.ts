import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

/**
 * A place of its own for a rehearsal: nothing of the user's home is read, and nothing outside of it is
 * written.
 */
export interface Place {
  readonly folder: string;
  /** A new folder in it. */
  newFolder(name: string): Promise<string>;
  /** The variables of somebody who has a machine and an address of a registry, and nothing else. */
  variables(registry: string, home: string): Promise<NodeJS.ProcessEnv>;
  dispose(): Promise<void>;
}

/** What a checkout's own `npm run` puts before the machine's programs. */
const ownPrograms = /node_modules\/(\.bin|@npmcli\/run-script\/lib\/node-gyp-bin)$/;
/** What would lead to the user's own configuration, caches, jobs and packages. */
const ownVariables = /^(npm_|NX_|XDG_|OPENEVOLVE_|AWS_|NODE_OPTIONS$|NODE_PATH$|INIT_CWD$|GIT_)/i;

/** The variables of this machine's user, without what comes from the checkout that started this. */
export function machineVariables(): NodeJS.ProcessEnv {
  const { PATH = '', ...others } = process.env;
  return {
    ...Object.fromEntries(Object.entries(others).filter(([name]) => !ownVariables.test(name))),
    PATH: PATH.split(delimiter)
      .filter((entry) => !ownPrograms.test(entry))
      .join(delimiter),
  };
}

export async function makePlace(): Promise<Place> {
  const folder = await mkdtemp(join(tmpdir(), 'release-rehearsal-'));
  const newFolder = async (name: string) => {
    await mkdir(join(folder, name), { recursive: true });
    return join(folder, name);
  };
  return {
    folder,
    newFolder,
    async variables(registry, home) {
      const directory = await newFolder(home);
      await writeFile(
        join(directory, '.npmrc'),
        [
          `registry=${registry}`,
          // The registry takes anybody's packages, and npm wants a name for that.
          `${registry.replace(/^http:/, '')}:_authToken=rehearsal`,
          'fund=false',
          'audit=false',
          'update-notifier=false',
          '',
        ].join('\n'),
      );
      await writeFile(
        join(directory, '.gitconfig'),
        '[user]\n  name = Rehearsal\n  email = rehearsal@localhost\n',
      );
      return { ...machineVariables(), HOME: directory, CI: 'true', NX_DAEMON: 'false' };
    },
    dispose: () => rm(folder, { recursive: true, force: true }),
  };
}
