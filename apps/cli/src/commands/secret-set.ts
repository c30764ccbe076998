import { Command, Option } from 'clipanion';
import { AdministrationCommand } from './administration-command.ts';

export class SecretSetCommand extends AdministrationCommand {
  static override paths = [['secret', 'set']];
  static override usage = Command.Usage({
    category: 'Administration',
    description: "Store the model provider's key, which jobs get.",
    details: `
      Asks for the key without showing it, or reads it from standard input; it is never an argument,
      which others on this machine could see. Keys of other providers in the same secret stay.
      Attempts that start from then on have it.
    `,
    examples: [
      ['Type it in', '$0 secret set'],
      ['From a password manager', 'pass show gemini | $0 secret set'],
      ["Another provider's", '$0 secret set --name OPENROUTER_API_KEY'],
    ],
  });

  keyName = Option.String('--name', 'GEMINI_API_KEY', {
    description: 'The variable by which a config names the key (GEMINI_API_KEY).',
  });

  protected async run(): Promise<number> {
    const { secretWithKeys } = await import('@openevolve-aws/batch-client/administration');
    const { keyVariables, LlmGatewayError, readKeys } = await import('@openevolve-aws/llm-gateway');
    const { cliExit } = await import('@openevolve-aws/job-spec');
    const { askSecret } = await import('../administration/ask.ts');
    const { UsageError } = await import('../failure.ts');
    if (!/^[A-Za-z_]\w{0,127}$/.test(this.keyName)) {
      throw new UsageError(
        `--name ${this.keyName} is no name of a variable: letters, digits and underscores, no digit first.`,
      );
    }
    const { config } = await this.readEnvironment();
    const clients = await this.clientsOf(config);
    const { GeminiSecretArn: secret } = await this.outputsOf(config, clients);
    const given = await askSecret(`${this.keyName}: `);
    let keys: ReturnType<typeof readKeys>;
    try {
      // As jobs read it: a key, or the whole secret as the guide writes it.
      const read = readKeys({ GEMINI_API_KEY: given });
      keys = given.startsWith('{')
        ? read
        : new Map([...read.values()].map((key) => [this.keyName, key]));
    } catch (cause) {
      if (cause instanceof LlmGatewayError) {
        throw new UsageError(cause.message, { cause });
      }
      throw cause;
    }
    const named = [...new Set([...keyVariables, this.keyName])];
    const unknown = [...keys.keys()].find((name) => !named.includes(name));
    if (unknown !== undefined) {
      throw new UsageError(
        `${JSON.stringify(unknown)} is none of ${named.join(', ')}: name it with --name if a config names it so.`,
      );
    }
    if (keys.size === 0) {
      throw new UsageError('No key was given, or only a placeholder. Nothing was stored.');
    }
    const current = await (await clients.secrets()).getSecretValue(secret);
    await (await clients.secretStore()).put(secret, secretWithKeys(current, keys));
    const names = [...keys.keys()];
    this.print(`${names.join(', ')} stored in ${secret}. Attempts that start now have it.`);
    if (this.json) {
      this.printJson({ secret, stored: names });
    }
    return cliExit.OK;
  }
}
