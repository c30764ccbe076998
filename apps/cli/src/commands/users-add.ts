import { Command, Option } from 'clipanion';
import { AdministrationCommand } from './administration-command.ts';

export class UsersAddCommand extends AdministrationCommand {
  static override paths = [['users', 'add']];
  static override usage = Command.Usage({
    category: 'Administration',
    description: "Add users to an environment's file; 'deploy' then makes what they need.",
    details: `
      A user's name is 1 to 32 lower-case letters and digits. An access key is made only where
      --access-key asks for it; it is kept in Secrets Manager, and 'outputs --keys' reads it.
    `,
    examples: [
      ['Two more users', '$0 users add carol dan'],
      ['One with an access key', '$0 users add erin --access-key'],
    ],
  });

  names = Option.Rest({ required: 1, name: 'USER' });
  accessKey = Option.Boolean('--access-key', false, {
    description: 'Make an access key for each.',
  });

  protected async run(): Promise<number> {
    const { addUser, writeEnvironmentFile } = await import(
      '@openevolve-aws/batch-client/administration'
    );
    const { cliExit } = await import('@openevolve-aws/job-spec');
    const { file, document } = await this.readEnvironment();
    const changed = this.names.reduce(
      (before, user) => addUser(before, user, { withKey: this.accessKey }),
      document,
    );
    await writeEnvironmentFile(file, changed);
    this.print(`Added to ${file}: ${this.names.join(', ')}. Make it so: openevolve-aws deploy`);
    if (this.json) {
      this.printJson({ file, added: this.names });
    }
    return cliExit.OK;
  }
}
