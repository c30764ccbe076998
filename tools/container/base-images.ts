import { execFile } from 'node:child_process';
import { cp, mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { cache, engine } from './engine.ts';

const run = promisify(execFile);

/** A Debian release; trixie has Python 3.13, bookworm 3.11. */
export type Suite = 'trixie' | 'bookworm';

export interface BaseImages {
  readonly baseImage: string;
  readonly nodeImage: string;
}

/**
 * The two images that Dockerfile.aws begins with, made without an image registry: Debian by
 * debootstrap, and on it the Node that the repository's npm lock names.
 */
export async function prepareBaseImages(suite: Suite): Promise<BaseImages> {
  const baseImage = `localhost/debian:${suite}`;
  const nodeImage = `localhost/node:${process.versions.node}-${suite}`;
  if (!(await isThere(baseImage))) {
    console.log(`container: making ${baseImage} with debootstrap`);
    await importDebian(suite, baseImage);
  }
  if (!(await isThere(nodeImage))) {
    console.log(`container: making ${nodeImage}`);
    await buildNode(baseImage, nodeImage);
  }
  return { baseImage, nodeImage };
}

async function isThere(image: string): Promise<boolean> {
  return engine('podman', ['image', 'exists', image]).then(
    () => true,
    () => false,
  );
}

async function importDebian(suite: Suite, name: string): Promise<void> {
  const root = join(cache, `debian-${suite}`);
  const archive = `${root}.tar`;
  await rm(root, { recursive: true, force: true });
  await run('debootstrap', ['--variant=minbase', suite, root], { maxBuffer: 64 * 1024 * 1024 });
  const excluded = ['./var/cache/apt', './var/lib/apt/lists', './var/log', './dev'];
  await run('tar', [
    ...excluded.map((path) => `--exclude=${path}/*`),
    ...['-C', root, '-cf', archive, '.'],
  ]);
  await engine('podman', ['import', '-q', archive, name]);
  await Promise.all([rm(root, { recursive: true }), rm(archive)]);
}

async function buildNode(baseImage: string, name: string): Promise<void> {
  const npm = process.env.npm_execpath;
  if (npm === undefined) {
    throw new Error("The npm that goes into the image is the one that runs this: use 'npm run'.");
  }
  const context = join(cache, 'node');
  await rm(context, { recursive: true, force: true });
  await mkdir(context, { recursive: true });
  await cp(process.execPath, join(context, 'node'));
  await cp(join(dirname(npm), '..'), join(context, 'npm'), { recursive: true });
  await writeFile(
    join(context, 'Containerfile'),
    [
      `FROM ${baseImage}`,
      'COPY node /usr/local/bin/node',
      'COPY npm /usr/local/lib/node_modules/npm',
      'RUN ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm',
      '',
    ].join('\n'),
  );
  await engine('buildah', ['build', '-q', '--layers', '--force-rm', '-t', name, context]);
  await rm(context, { recursive: true });
}
