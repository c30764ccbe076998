import { Command } from 'clipanion';
import { AdministrationCommand } from './administration-command.ts';

export class UsersListCommand extends AdministrationCommand {
  static override paths = [['users', 'list'], ['users']];
  static override usage = Command.Usage({
    category: 'Administration',
    description: "List the users in an environment's file.",
    examples: [['Who may submit jobs', '$0 users list']],
  });

  protected async run(): Promise<number> {
    const { cliExit } = await import('@openevolve-aws/job-spec');
    const { config, users } = await this.readEnvironment();
    const listed = users.map((user) => ({ user, accessKey: config.accessKeys.includes(user) }));
    for (const { user, accessKey } of listed) {
      this.print(accessKey ? `${user} (with an access key)` : user);
    }
    if (this.json) {
      this.printJson(listed);
    }
    return cliExit.OK;
  }
}
