import { execFile } from 'node:child_process';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type ImageTarget, imageBuildArguments } from '@openevolve-aws/batch-client/administration';
import type { BaseImages } from './base-images.ts';
import { cache, engine } from './engine.ts';

const run = promisify(execFile);
const root = join(import.meta.dirname, '../..');

/** The image's name here. */
export const imageName = (target: ImageTarget): string => `localhost/openevolve-aws:${target}`;

/** The oldest image, whose jobs every later one goes on with. */
export const OLDEST = 'localhost/openevolve-aws:oldest';

export interface ImageLayer {
  readonly bytes: number;
  /** The instruction that made it. */
  readonly by: string;
}

/**
 * Builds a target from the sources as they are.
 *
 * @returns how long it took, in seconds.
 */
export function buildImage(target: ImageTarget, base: BaseImages): Promise<number> {
  return buildImageFrom(root, target, base, imageName(target));
}

/** Builds {@link OLDEST} from the commit that brought the first Dockerfile.aws. */
export async function buildOldestImage(base: BaseImages): Promise<void> {
  const added = ['log', '--diff-filter=A', '--format=%H', '--', 'Dockerfile.aws'];
  const { stdout } = await run('git', added, { cwd: root });
  const commit = stdout.trim().split('\n').at(-1) ?? '';
  const sources = join(cache, 'oldest');
  await rm(sources, { recursive: true, force: true });
  await mkdir(sources, { recursive: true });
  const archive = `${sources}.tar`;
  await run('git', ['archive', '--output', archive, commit], { cwd: root });
  await run('tar', ['-xf', archive, '-C', sources]);
  await buildImageFrom(sources, 'slim', base, OLDEST);
  await Promise.all([rm(sources, { recursive: true }), rm(archive)]);
}

/** Builds a target from the checkout in a folder; see {@link buildImage}. */
export async function buildImageFrom(
  sources: string,
  target: ImageTarget,
  base: BaseImages,
  reference: string,
): Promise<number> {
  const [command = '', ...args] = imageBuildArguments({
    engine: 'buildah',
    target,
    sources,
    reference,
    ...base,
    authorities: '/etc/ssl/certs/ca-certificates.crt',
  });
  const began = performance.now();
  await engine('buildah', [command, '--force-rm', '--network=host', '--pull-never', ...args]);
  return (performance.now() - began) / 1000;
}

/** The layers of an image that hold files, lowest first. */
export async function layersOf(image: string): Promise<ImageLayer[]> {
  const history = await engine('podman', ['history', '--format', 'json', '--no-trunc', image]);
  const rows: { size: number; CreatedBy: string }[] = JSON.parse(history);
  return rows
    .filter(({ size }) => size > 0)
    .map(({ size, CreatedBy }) => ({ bytes: size, by: CreatedBy }))
    .reverse();
}

/** Bytes of an image's layers as a registry keeps them, compressed, by digest. */
export async function storedLayers(image: string): Promise<Map<string, number>> {
  const folder = join(cache, 'pushed');
  await rm(folder, { recursive: true, force: true });
  await engine('buildah', ['push', '--quiet', image, `dir:${folder}`]);
  const manifest: { layers: { digest: string; size: number }[] } = JSON.parse(
    await readFile(join(folder, 'manifest.json'), 'utf8'),
  );
  await rm(folder, { recursive: true });
  return new Map(manifest.layers.map(({ digest, size }) => [digest, size]));
}

/** The digests of an image's layers, of their contents uncompressed. */
export async function layerDigests(image: string): Promise<string[]> {
  const format = '{{range .RootFS.Layers}}{{println .}}{{end}}';
  const digests = await engine('podman', ['image', 'inspect', '--format', format, image]);
  return digests.split('\n').filter((line) => line !== '');
}
