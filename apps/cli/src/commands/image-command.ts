import type {
  ImageBuild,
  ImageEngine,
  ImageTarget,
} from '@openevolve-aws/batch-client/administration';
import { Option } from 'clipanion';
import { AdministrationCommand } from './administration-command.ts';

/** What the commands share that make an image from a checkout. */
export abstract class ImageCommand extends AdministrationCommand {
  source = Option.String('--source', '.', {
    description: 'The checkout of openevolve-aws (the current folder).',
  });
  slim = Option.Boolean('--slim', false, {
    description: 'Without compilers: for programs that need none.',
  });
  engine = Option.String('--engine', {
    description: 'docker, podman or buildah. By default the first of them that works.',
  });
  tag = Option.String('--tag', { description: "The image's tag. By default the commit." });
  baseImage = Option.String('--base-image', {
    description: "A Debian in the public one's place; NAME@sha256:... fixes it.",
  });
  nodeImage = Option.String('--node-image', {
    description: "An image with Node 24 and npm, in the public one's place.",
  });
  authorities = Option.String('--certificates', {
    description: "A file of certificates, where a private authority signs the network's.",
  });

  /** How the image is built, and what it is called. */
  protected async planBuild(): Promise<
    ImageBuild & { readonly tag: string; readonly dirty: boolean }
  > {
    const { checkImageTag, imageTag } = await import('@openevolve-aws/batch-client/administration');
    const { sourcesIn, stateOf } = await import('../administration/checkout.ts');
    const { chooseEngine } = await import('../administration/image-engine.ts');
    const sources = sourcesIn(this.source);
    const target: ImageTarget = this.slim ? 'slim' : 'full';
    const state = this.tag === undefined ? await stateOf(sources) : null;
    const tag = state ? imageTag(state, target) : checkImageTag(this.tag ?? '');
    const engine: ImageEngine = await chooseEngine(this.engine);
    const { baseImage, nodeImage, authorities } = this;
    return {
      engine,
      target,
      sources,
      tag,
      dirty: state?.dirty ?? false,
      reference: `openevolve-aws:${tag}`,
      ...(baseImage !== undefined && { baseImage }),
      ...(nodeImage !== undefined && { nodeImage }),
      ...(authorities !== undefined && { authorities }),
    };
  }
}
