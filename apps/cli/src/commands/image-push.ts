import { Command } from 'clipanion';
import { ImageCommand } from './image-command.ts';

export class ImagePushCommand extends ImageCommand {
  static override paths = [['image', 'push']];
  static override usage = Command.Usage({
    category: 'Administration',
    description: "Push the image of a checkout to the environment's repository.",
    details: `
      Builds it first, unless the image of the commit is on this machine already. A tag never changes
      what it means: what was pushed before is left alone, and a checkout with changes is pushed only
      under a --tag. The engine is then logged in to the repository for 12 hours.

      Jobs run it after 'image promote TAG'.
    `,
    examples: [
      ['The image of this commit', '$0 image push'],
      ['A trial, from changes that are not committed', '$0 image push --tag trial-1'],
    ],
  });

  protected async run(): Promise<number> {
    const { BatchClientError } = await import('@openevolve-aws/batch-client');
    const { isPushed } = await import('@openevolve-aws/batch-client/administration');
    const { buildImage, hasImage, pushImage } = await import('../administration/image-engine.ts');
    const { cliExit } = await import('@openevolve-aws/job-spec');
    const { UsageError } = await import('../failure.ts');
    const { config } = await this.readEnvironment();
    const clients = await this.clientsOf(config);
    const { EcrRepositoryUrl: repository } = await this.outputsOf(config, clients);
    const plan = await this.planBuild();
    const { engine, reference, tag } = plan;
    if (plan.dirty) {
      throw new UsageError(
        `${plan.sources} differs from its commit, so the commit cannot name the image: commit the changes, or name it with --tag.`,
      );
    }
    const target = `${repository}:${tag}`;
    const isThere = (await isPushed(clients, repository, tag)) === true;
    if (isThere && this.tag !== undefined) {
      throw new BatchClientError(
        'CONFLICT',
        `${target} was pushed before, and a tag never changes what it means: choose another --tag.`,
      );
    }
    if (!isThere) {
      // A commit says what is in its image; a tag that somebody chose does not.
      if (this.tag !== undefined || !(await hasImage(engine, reference))) {
        await buildImage(plan, this.programOptions);
      }
      const login = await (await clients.registry()).login();
      await pushImage(engine, { reference, target, ...login }, this.programOptions);
    }
    this.print(isThere ? `${target} was pushed before.` : `Pushed ${target}.`);
    this.print(`Let jobs run it: openevolve-aws image promote ${tag}`);
    if (this.json) {
      this.printJson({ image: target, tag, engine, pushed: !isThere });
    }
    return cliExit.OK;
  }
}
