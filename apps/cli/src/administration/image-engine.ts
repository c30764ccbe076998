import { BatchClientError } from '@openevolve-aws/batch-client';
import {
  type ImageBuild,
  type ImageEngine,
  imageBuildArguments,
  imageEngines,
} from '@openevolve-aws/batch-client/administration';
import { UsageError } from '../failure.ts';
import { type ProgramOptions, readProgram, runProgram } from './run-program.ts';

/** How each says that it works: a client of Docker alone does not. */
const versionOf: Readonly<Record<ImageEngine, readonly string[]>> = {
  docker: ['version', '--format', '{{.Server.Version}}'],
  podman: ['--version'],
  buildah: ['--version'],
};

/**
 * The container engine that was asked for, or the first that works.
 *
 * @throws {UsageError} for an unknown one.
 * @throws {BatchClientError} `INVALID_INPUT` when none works, with what each of them says.
 */
export async function chooseEngine(asked: string | undefined): Promise<ImageEngine> {
  const known = imageEngines.filter((engine) => asked === undefined || engine === asked);
  if (known.length === 0) {
    throw new UsageError(`--engine ${asked} is none of ${imageEngines.join(', ')}.`);
  }
  const reasons: string[] = [];
  for (const engine of known) {
    try {
      await readProgram([engine, ...versionOf[engine]]);
      return engine;
    } catch (error) {
      reasons.push(error instanceof Error ? error.message : String(error));
    }
  }
  throw new BatchClientError(
    'INVALID_INPUT',
    `An image needs a container engine, and none works here: ${reasons.join(' ')}`,
  );
}

export function buildImage(build: ImageBuild, options: ProgramOptions): Promise<void> {
  return runProgram([build.engine, ...imageBuildArguments(build)], options);
}

/** Whether an image with that name is on this machine. */
export async function hasImage(engine: ImageEngine, reference: string): Promise<boolean> {
  const command =
    engine === 'buildah'
      ? ['inspect', '--type', 'image']
      : ['image', 'inspect', '--format', '{{.Id}}'];
  return readProgram([engine, ...command, reference]).then(
    () => true,
    () => false,
  );
}

/** The password goes to the engine by its standard input: arguments can be seen by every user. */
export async function pushImage(
  engine: ImageEngine,
  image: {
    readonly reference: string;
    readonly target: string;
    readonly username: string;
    readonly password: string;
  },
  options: ProgramOptions,
): Promise<void> {
  const [registry = ''] = image.target.split('/');
  await runProgram([engine, 'login', '--username', image.username, '--password-stdin', registry], {
    ...options,
    input: image.password,
  });
  await runProgram([engine, 'tag', image.reference, image.target], options);
  await runProgram([engine, 'push', image.target], options);
}
