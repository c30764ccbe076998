import { execFile } from 'node:child_process';
import { access, constants, mkdir, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Debian's packages of what builds and runs containers here, by the program that each brings. */
const packages = {
  podman: 'podman',
  buildah: 'buildah',
  runc: 'runc',
  debootstrap: 'debootstrap',
  ip: 'iproute2',
  iptables: 'iptables',
} as const;

/** Images, storage and settings of the tests, apart from those of the machine. */
export const cache = join(
  process.env.XDG_CACHE_HOME || join(homedir(), '.cache'),
  'openevolve-aws',
  'container',
);

const containersConf = `[containers]
default_ulimits = ["nofile=20000:20000", "nproc=20000:20000"]
netns = "host"
log_driver = "k8s-file"
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
runtime = "runc"
`;

const storageConf = `[storage]
driver = "overlay"
graphroot = "${cache}/storage"
runroot = "${cache}/run"
`;

/** The environment in which every program here runs containers. */
export const engineEnvironment = {
  ...process.env,
  CONTAINERS_CONF: join(cache, 'containers.conf'),
  CONTAINERS_STORAGE_CONF: join(cache, 'storage.conf'),
  BUILDAH_ISOLATION: 'chroot',
};

/**
 * Installs what is missing and writes the settings.
 *
 * @throws {Error} where that needs root or Debian, naming what is missing.
 */
export async function prepareEngine(): Promise<void> {
  const missing: string[] = [];
  for (const [program, name] of Object.entries(packages)) {
    if (!(await isInstalled(program))) missing.push(name);
  }
  if (process.getuid?.() !== 0) {
    throw new Error(
      `Containers with networks of their own need root (${missing.length > 0 ? `and ${missing.join(', ')}, which are missing` : 'nothing else is missing'}): run it as root.`,
    );
  }
  if (missing.length > 0) {
    console.log(`container: installing ${missing.join(', ')}`);
    if (!(await isInstalled('apt-get'))) {
      throw new Error(`Install ${missing.join(', ')}: this is no Debian that could do it.`);
    }
    await run('apt-get', ['update', '-qq']);
    await run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...missing], {
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
      maxBuffer: 64 * 1024 * 1024,
    });
  }
  await mkdir(cache, { recursive: true });
  await writeFile(engineEnvironment.CONTAINERS_CONF, containersConf);
  await writeFile(engineEnvironment.CONTAINERS_STORAGE_CONF, storageConf);
}

/**
 * Runs podman or buildah to its end.
 *
 * @returns its standard output.
 * @throws {Error} with the end of what it wrote.
 */
export async function engine(program: 'podman' | 'buildah', args: string[]): Promise<string> {
  try {
    const { stdout } = await run(program, args, {
      env: engineEnvironment,
      cwd: cache,
      maxBuffer: 256 * 1024 * 1024,
    });
    return stdout.trim();
  } catch (cause) {
    const { stdout = '', stderr = '' } = cause as { stdout?: string; stderr?: string };
    throw new Error(`${program} ${args.join(' ')} failed:\n${(stdout + stderr).slice(-4_000)}`, {
      cause,
    });
  }
}

async function isInstalled(program: string): Promise<boolean> {
  const folders = (process.env.PATH ?? '').split(':').concat('/usr/sbin', '/sbin');
  const found = folders.map((folder) =>
    access(join(folder, program), constants.X_OK).then(
      () => true,
      () => false,
    ),
  );
  return (await Promise.all(found)).includes(true);
}
