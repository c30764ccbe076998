import { Command, Option } from 'clipanion';
import { AdministrationCommand } from './administration-command.ts';

export class DestroyCommand extends AdministrationCommand {
  static override paths = [['destroy']];
  static override usage = Command.Usage({
    category: 'Administration',
    description: 'Delete an environment with all that is in it: jobs, results, images, users.',
    details: `
      Names what will be lost, and asks for the environment's name. What was cut off goes on when it
      is run again. Nothing is left but the AWS CDK's own stack, which others in the account may use.

      AWS deletes no IAM user with a password or an access key that was made by hand: delete that
      first.
    `,
    examples: [['Delete the environment of openevolve.config.json', '$0 destroy']],
  });

  yes = Option.Boolean('--yes,-y', false, { description: 'Do not ask.' });

  protected async run(): Promise<number> {
    const { InfraProgram } = await import('../administration/infra-program.ts');
    const { ask } = await import('../administration/ask.ts');
    const { renderLoss } = await import('../administration/render-loss.ts');
    const { removeRemains, requireAllGroups, takeInventory } = await import(
      '@openevolve-aws/batch-client/administration'
    );
    const { cliExit } = await import('@openevolve-aws/job-spec');
    const { file, config, users } = await this.readEnvironment();
    const { environment, region } = config;
    const infra = InfraProgram.find(file);
    const { names } = await infra.plan();
    const clients = await this.clientsOf(config);
    const { account } = await (await clients.sts()).getCallerIdentity();
    await requireAllGroups(clients, environment, config.moreUsers.length);
    const inventory = await takeInventory({
      clients,
      environment,
      groups: config.moreUsers.length,
      ...names,
    });

    this.print(`Environment ${environment} in ${region} of account ${account}. This is lost:`);
    const also = { users, signIn: config.signIn, repository: names.repository };
    for (const line of renderLoss(inventory, also)) {
      this.print(`  ${line}`);
    }
    if (!this.yes) {
      const answer = await ask(`To delete all of it, type the environment's name: `);
      if (answer.trim() !== environment) {
        this.note('Nothing was changed.');
        return cliExit.INTERRUPTED;
      }
    }
    if (inventory.stacks.length > 0) {
      await infra.run(this.programOptions, 'destroy', '--all', '--force');
    }
    await removeRemains(clients, inventory, { report: (line) => this.note(line) });
    this.print(`The environment ${environment} is gone.`);
    this.print('What stays is the stack CDKToolkit with its bucket, which the AWS CDK shares.');
    if (this.json) {
      this.printJson({ environment, region, account, removed: inventory, stays: ['CDKToolkit'] });
    }
    return cliExit.OK;
  }
}
