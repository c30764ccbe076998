import { Command, Option } from 'clipanion';
import type { AccessKey, ShownOutputs } from '../administration/render-outputs.ts';
import { AdministrationCommand } from './administration-command.ts';

export class OutputsCommand extends AdministrationCommand {
  static override paths = [['outputs']];
  static override usage = Command.Usage({
    category: 'Administration',
    description: "Print what a deployed environment is reached by, under the guide's names.",
    details: `
      ecr_repository_url, cli_config, gemini_secret_arn and user_credentials. The last one names the
      secret with each user's access key; --keys reads the keys themselves, which are then on the
      screen. A name prints that output alone, for a shell.
    `,
    examples: [
      ['All of them', '$0 outputs'],
      ['One, for a script', '$0 outputs ecr_repository_url'],
      ['The access keys, to hand them over', '$0 outputs user_credentials --keys --json'],
    ],
  });

  output = Option.String({ required: false, name: 'NAME' });
  keys = Option.Boolean('--keys', false, { description: 'Read the access keys of users.' });

  protected async run(): Promise<number> {
    const { cliExit, guideOutputs } = await import('@openevolve-aws/job-spec');
    const { renderOutputs } = await import('../administration/render-outputs.ts');
    const { UsageError } = await import('../failure.ts');
    const { config } = await this.readEnvironment();
    const clients = await this.clientsOf(config);
    let shown: ShownOutputs = guideOutputs(await this.outputsOf(config, clients));
    if (this.keys) {
      const secrets = await clients.secrets();
      const credentials: Record<string, AccessKey> = {};
      for (const [user, arn] of Object.entries(shown.user_credentials)) {
        credentials[user] = JSON.parse(await secrets.getSecretValue(String(arn)));
      }
      shown = { ...shown, user_credentials: credentials };
    }
    if (this.output !== undefined) {
      const found = Object.entries(shown).find(([name]) => name === this.output);
      if (found === undefined) {
        throw new UsageError(
          `${this.output} is no output: there are ${Object.keys(shown).join(', ')}.`,
        );
      }
      const [, value] = found;
      this.print(typeof value === 'string' ? value : JSON.stringify(value, null, 2));
      if (this.json) {
        this.printJson(value);
      }
      return cliExit.OK;
    }
    for (const line of renderOutputs(shown)) {
      this.print(line);
    }
    if (this.json) {
      this.printJson(shown);
    }
    return cliExit.OK;
  }
}
