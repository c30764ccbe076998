import { join } from 'node:path';
import {
  type ImageTarget,
  imageBuildArguments,
} from '../../apps/entrypoint/image/build-arguments.ts';
import type { BaseImages } from './base-images.ts';
import { engine } from './engine.ts';

const root = join(import.meta.dirname, '../..');

/** The image's name here. */
export const imageName = (target: ImageTarget): string => `localhost/openevolve-aws:${target}`;

export interface ImageLayer {
  readonly bytes: number;
  /** The instruction that made it. */
  readonly by: string;
}

/**
 * Builds a target from the sources as they are.
 *
 * @param options of buildah, added to those that the command uses.
 * @returns how long it took, in seconds.
 */
export async function buildImage(
  target: ImageTarget,
  base: BaseImages,
  reference = imageName(target),
  options: readonly string[] = [],
): Promise<number> {
  const [build = '', ...args] = imageBuildArguments({
    engine: 'buildah',
    target,
    sources: root,
    reference,
    ...base,
    authorities: '/etc/ssl/certs/ca-certificates.crt',
  });
  const began = performance.now();
  await engine('buildah', [build, '--force-rm', '--network=host', ...options, ...args]);
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

/** The digests of an image's layers, of their contents uncompressed. */
export async function layerDigests(image: string): Promise<string[]> {
  const format = '{{range .RootFS.Layers}}{{println .}}{{end}}';
  const digests = await engine('podman', ['image', 'inspect', '--format', format, image]);
  return digests.split('\n').filter((line) => line !== '');
}
