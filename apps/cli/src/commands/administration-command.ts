import { resolve } from 'node:path';
import type {
  AdministratorClients,
  EnvironmentDocument,
  EnvironmentOutputs,
} from '@openevolve-aws/batch-client/administration';
import type { StackConfig } from '@openevolve-aws/job-spec';
import { Option } from 'clipanion';
import type { ProgramOptions } from '../administration/run-program.ts';
import { BaseCommand } from './base-command.ts';

/** An environment as its file describes it. */
export interface Environment {
  readonly file: string;
  readonly document: EnvironmentDocument;
  readonly config: StackConfig;
  readonly users: readonly string[];
}

/** What the administrator's commands share: the environment is the one that a file describes. */
export abstract class AdministrationCommand extends BaseCommand {
  config = Option.String('--config', 'openevolve.config.json', {
    description: 'The file that describes the environment (openevolve.config.json).',
  });

  protected async readEnvironment(): Promise<Environment> {
    const { readEnvironmentFile } = await import('@openevolve-aws/batch-client/administration');
    const file = resolve(this.config);
    const { document, config } = await readEnvironmentFile(file);
    return { file, document, config, users: [...config.users, ...config.moreUsers.flat()] };
  }

  protected async clientsOf({ region }: StackConfig): Promise<AdministratorClients> {
    const { administratorClients } = await import('@openevolve-aws/batch-client/administration');
    return administratorClients({ region });
  }

  /** @throws {BatchClientError} `SETTINGS` when it is not deployed. */
  protected async outputsOf(
    { environment, moreUsers }: StackConfig,
    clients: AdministratorClients,
  ): Promise<EnvironmentOutputs> {
    const { environmentOutputs } = await import('@openevolve-aws/batch-client/administration');
    return environmentOutputs(clients, environment, moreUsers.length);
  }

  /** For programs that are run: with `--json` standard output belongs to the JSON alone. */
  protected get programOptions(): ProgramOptions {
    return { output: this.json ? 'stderr' : 'stdout' };
  }
}
