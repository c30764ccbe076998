/** What can build the image, each by its usual command. */
export const imageEngines = ['docker', 'podman', 'buildah'] as const;

export type ImageEngine = (typeof imageEngines)[number];

/** A target of Dockerfile.aws: with compilers, or without. */
export type ImageTarget = 'full' | 'slim';

export interface ImageBuild {
  readonly engine: ImageEngine;
  readonly target: ImageTarget;
  /** The checkout. */
  readonly sources: string;
  /** The image's name with its tag. */
  readonly reference: string;
  /** A Debian with or without Python 3.11 to 3.13, where the public one cannot be reached. */
  readonly baseImage?: string;
  /** An image with Node 24 and npm. */
  readonly nodeImage?: string;
  /** A file of certificates, where a private authority signs the network's. */
  readonly authorities?: string;
}

/**
 * The arguments with which an engine builds the image. Files and the image carry the time 0, so
 * that unchanged layers keep their digests and are not pushed again.
 *
 * @example
 * const build = { engine: 'podman', target: 'slim', sources: '.', reference: 'openevolve-aws' } as const;
 * imageBuildArguments(build); // ['build', '--file', 'Dockerfile.aws', ...]
 */
export function imageBuildArguments(build: ImageBuild): string[] {
  const { engine, target, sources, reference, baseImage, nodeImage, authorities } = build;
  const buildArgument = (name: string, value: string | undefined) =>
    value === undefined ? [] : ['--build-arg', `${name}=${value}`];
  return [
    ...(engine === 'docker' ? ['buildx', 'build'] : ['build']),
    ...['--file', `${sources}/Dockerfile.aws`, '--target', target],
    ...(engine === 'docker'
      ? [
          ...['--build-arg', 'SOURCE_DATE_EPOCH=0', '--provenance=false'],
          ...['--output', `type=docker,name=${reference},rewrite-timestamp=true`],
        ]
      : ['--timestamp', '0', '--layers', '--tag', reference]),
    ...buildArgument('BASE_IMAGE', baseImage),
    ...buildArgument('NODE_IMAGE', nodeImage),
    ...(authorities === undefined ? [] : ['--secret', `id=ca,src=${authorities}`]),
    sources,
  ];
}
