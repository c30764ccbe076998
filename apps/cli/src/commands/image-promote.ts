import { Command, Option } from 'clipanion';
import { AdministrationCommand } from './administration-command.ts';

export class ImagePromoteCommand extends AdministrationCommand {
  static override paths = [['image', 'promote']];
  static override usage = Command.Usage({
    category: 'Administration',
    description: 'Let new jobs run an image that was pushed.',
    details: `
      Makes a new revision of each user's job definition, and writes the tag into the environment's
      file, so that the next deployment keeps it. Jobs that were submitted go on with the revision
      that they have. To go back, promote the tag before.
    `,
    examples: [['Run the image of a commit', '$0 image promote 70a2e4fd6c1b']],
  });

  tag = Option.String({ required: true, name: 'TAG' });

  protected async run(): Promise<number> {
    const { promoteImage, writeEnvironmentFile } = await import(
      '@openevolve-aws/batch-client/administration'
    );
    const { cliExit } = await import('@openevolve-aws/job-spec');
    const { file, document, config, users } = await this.readEnvironment();
    const clients = await this.clientsOf(config);
    const outputs = await this.outputsOf(config, clients);
    const promoted = await promoteImage({
      clients,
      repositoryUrl: outputs.EcrRepositoryUrl,
      jobDefinition: outputs.JobDefinition,
      owners: users,
      tag: this.tag,
    });
    await writeEnvironmentFile(file, { ...document, imageTag: this.tag });
    for (const { owner, revision, isNew } of promoted) {
      const definition = `${outputs.JobDefinition}-${owner}:${revision}`;
      this.print(
        revision === null
          ? `${owner}: no job definition yet: openevolve-aws deploy`
          : `${owner}: ${definition}${isNew ? '' : ', which ran it already'}`,
      );
    }
    if (this.json) {
      this.printJson({ tag: this.tag, definitions: promoted });
    }
    return cliExit.OK;
  }
}
