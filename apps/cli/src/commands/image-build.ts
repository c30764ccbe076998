import { Command, Option } from 'clipanion';
import { ImageCommand } from './image-command.ts';

export class ImageBuildCommand extends ImageCommand {
  static override paths = [['image', 'build']];
  static override usage = Command.Usage({
    category: 'Administration',
    description: 'Build the image of jobs from a checkout, on this machine alone.',
    details: `
      By docker, podman or buildah, whichever works. The image is called openevolve-aws and tagged by
      the commit; what differs from the commit makes it a "dirty" one. 'image push' does this too.
    `,
    examples: [
      ['Build it', '$0 image build'],
      ['Without compilers, with podman', '$0 image build --slim --engine podman'],
    ],
  });

  /** It is about this machine and no environment. */
  override config = Option.String('--config', 'openevolve.config.json', { hidden: true });

  protected async run(): Promise<number> {
    const { buildImage } = await import('../administration/image-engine.ts');
    const { cliExit } = await import('@openevolve-aws/job-spec');
    const plan = await this.planBuild();
    await buildImage(plan, this.programOptions);
    const { reference, tag, engine, target } = plan;
    this.print(`Built ${reference}.`);
    if (this.json) {
      this.printJson({ reference, tag, engine, target });
    }
    return cliExit.OK;
  }
}
