import { Command, Option } from 'clipanion';
import { AdministrationCommand } from './administration-command.ts';

export class UsersRemoveCommand extends AdministrationCommand {
  static override paths = [['users', 'remove']];
  static override usage = Command.Usage({
    category: 'Administration',
    description: "Take users out of an environment's file; 'deploy' then takes their access.",
    details: `
      What they stored in the buckets stays. Their log in CloudWatch, their access key and their job
      definition go with the deployment. So does what their running jobs are allowed: cancel those
      first, which saves their work.
    `,
    examples: [['A user who left', '$0 users remove carol']],
  });

  names = Option.Rest({ required: 1, name: 'USER' });

  protected async run(): Promise<number> {
    const { removeUser, writeEnvironmentFile } = await import(
      '@openevolve-aws/batch-client/administration'
    );
    const { cliExit } = await import('@openevolve-aws/job-spec');
    const { file, document } = await this.readEnvironment();
    await writeEnvironmentFile(file, this.names.reduce(removeUser, document));
    this.print(`Taken out of ${file}: ${this.names.join(', ')}. Make it so: openevolve-aws deploy`);
    if (this.json) {
      this.printJson({ file, removed: this.names });
    }
    return cliExit.OK;
  }
}
