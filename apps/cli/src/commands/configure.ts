import { Command, Option } from 'clipanion';
import { BaseCommand } from './base-command.ts';

export class ConfigureCommand extends BaseCommand {
  static override paths = [['configure']];
  static override usage = Command.Usage({
    category: 'Set up',
    description: 'Write down where jobs go on AWS, in a profile of this command.',
    details: `
      Asks the deployed environment: its SSM parameter /openevolve/ENVIRONMENT/config, or the outputs
      of its stack for whoever may read those alone. Afterwards no variable need be set. Variables
      such as OPENEVOLVE_JOB_QUEUE still go before the profile.

      Profiles lie in openevolve-aws/NAME.json of the user's configuration folder. They hold no
      secret. --profile or OPENEVOLVE_PROFILE chooses one.
    `,
    examples: [
      ['Use the environment prod', '$0 configure'],
      [
        'A second environment, in a profile of its own',
        '$0 configure --environment test --region eu-west-1 --profile test',
      ],
    ],
  });

  environment = Option.String('--environment', 'prod', {
    description: 'The environment, as it was deployed (prod).',
  });
  region = Option.String('--region', {
    description: 'Its region. By default AWS_REGION, AWS_DEFAULT_REGION or that of AWS_PROFILE.',
  });
  profile = Option.String('--profile', { description: 'The name of the profile (default).' });
  owner = Option.String('--owner', {
    description: 'Whose jobs, where the credentials do not say it.',
  });

  protected async run(): Promise<number> {
    const { awsClients, chosenRegion, deployedSettings, profileFile, writeProfile } = await import(
      '@openevolve-aws/batch-client'
    );
    const { cliExit, describeIssues, ownerSchema } = await import('@openevolve-aws/job-spec');
    const { UsageError } = await import('../failure.ts');
    const owner = ownerSchema.optional().safeParse(this.owner);
    if (!owner.success) {
      throw new UsageError(`--owner ${this.owner}: ${describeIssues(owner.error)}.`);
    }
    const region = this.region ?? (await chosenRegion());
    if (!region) {
      throw new UsageError('The region is not known: name it with --region, or set AWS_REGION.');
    }
    const file = profileFile(process.env, this.profile);
    const deployed = await deployedSettings(awsClients({ region }), this.environment);
    const settings = { ...deployed, ...(owner.data !== undefined && { owner: owner.data }) };
    await writeProfile(file, settings);
    for (const [name, value] of Object.entries(settings)) {
      this.print(`  ${name.padEnd(13)} : ${value}`);
    }
    this.print(`Written to ${file}. Look whether all is well: openevolve-aws doctor`);
    if (this.json) {
      this.printJson({ file, settings });
    }
    return cliExit.OK;
  }
}
