import { Command, Option } from 'clipanion';
import { AdministrationCommand } from './administration-command.ts';

export class DeployCommand extends AdministrationCommand {
  static override paths = [['deploy']];
  static override usage = Command.Usage({
    category: 'Administration',
    description: 'Make an environment in AWS, or bring it up to date with its file.',
    details: `
      Shows what will change and what the environment costs a month while no job runs, and asks. An
      account and region in which the AWS CDK was never used is bootstrapped first. No job is ended
      by it. What is left to do then, such as storing the provider's key, is told at the end.

      It needs the package @openevolve-aws/infra, installed beside this command, and credentials of
      an administrator. Where it is missing, this says which version to install.
    `,
    examples: [
      ['Deploy openevolve.config.json', '$0 deploy'],
      ['In a pipeline', '$0 deploy --yes --config environments/test.json'],
    ],
  });

  yes = Option.Boolean('--yes,-y', false, { description: 'Do not ask.' });

  protected async run(): Promise<number> {
    const { InfraProgram } = await import('../administration/infra-program.ts');
    const { ask } = await import('../administration/ask.ts');
    const { nextSteps, requireAllGroups } = await import(
      '@openevolve-aws/batch-client/administration'
    );
    const { cliExit, guideOutputs, stackName } = await import('@openevolve-aws/job-spec');
    const { renderOutputs } = await import('../administration/render-outputs.ts');
    const { totalCost, renderCost } = await import('../administration/render-cost.ts');
    const { file, config, users } = await this.readEnvironment();
    const { environment, region } = config;
    const infra = InfraProgram.find(file);
    const plan = await infra.plan();
    const clients = await this.clientsOf(config);
    const { account } = await (await clients.sts()).getCallerIdentity();
    await requireAllGroups(clients, environment, config.moreUsers.length);
    const toolkit = await (await clients.formation()).stackOutputs('CDKToolkit');
    const isBootstrapped = toolkit?.BootstrapVersion !== undefined;

    this.print(`Environment ${environment} in ${region} of account ${account}`);
    this.print(`Users       ${users.join(', ')}`);
    this.print();
    const isDone = await infra.synthesized(this.programOptions, async (run) => {
      // A change set, which also tells replacements, needs what the bootstrap makes.
      await run('diff', ...(isBootstrapped ? [] : ['--method', 'template']));
      if (!isBootstrapped) {
        this.print(
          `The AWS CDK was not used in ${region} before: its stack CDKToolkit comes first.`,
        );
      }
      for (const line of renderCost(plan.idleMonthlyCost)) {
        this.print(line);
      }
      const question = `Deploy ${stackName(environment)} to account ${account}? [y/N] `;
      if (!this.yes && !/^y(es)?$/i.test((await ask(question)).trim())) {
        return false;
      }
      if (!isBootstrapped) {
        await run('bootstrap');
      }
      await run('deploy', '--all', '--require-approval', 'never');
      return true;
    });
    if (!isDone) {
      this.note('Nothing was changed.');
      return cliExit.INTERRUPTED;
    }

    const deployed = await this.outputsOf(config, clients);
    const outputs = guideOutputs(deployed);
    const missing = await nextSteps(clients, deployed, plan.imageTag);
    this.print();
    for (const line of renderOutputs(outputs)) {
      this.print(line);
    }
    if (missing.includes('provider-key')) {
      this.print("The provider's key is not stored yet: openevolve-aws secret set");
    }
    if (missing.includes('image')) {
      this.print(
        `The image ${plan.imageTag} is not pushed yet: openevolve-aws image push, then image promote`,
      );
    }
    if (this.json) {
      const idleMonthlyCostUsd = totalCost(plan.idleMonthlyCost);
      this.printJson({ environment, region, account, idleMonthlyCostUsd, missing, outputs });
    }
    return cliExit.OK;
  }
}
