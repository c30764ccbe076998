import type { Backend } from '@openevolve-aws/batch-client';
import { Command, Option } from 'clipanion';
import { toFailure } from '../failure.ts';

/** What all commands about jobs share: where the jobs are, whose they are, and how to print. */
export abstract class JobCommand extends Command {
  json = Option.Boolean('--json', false, { description: 'Print JSON, errors included.' });
  local = Option.Boolean('--local', false, { description: 'Use this machine instead of AWS.' });
  owner = Option.String('--owner', {
    description: 'Whose jobs: 1 to 32 lower-case letters and digits. By default your user name.',
  });

  /** The command's work; its result is the exit code. Errors become messages and codes. */
  protected abstract run(): Promise<number>;

  override async execute(): Promise<number> {
    try {
      return await this.run();
    } catch (error) {
      const { cliExit } = await import('@openevolve-aws/job-spec');
      const { exit, code, message } = toFailure(error);
      if (this.json) {
        this.context.stdout.write(`${JSON.stringify({ error: { code, message } })}\n`);
      }
      this.context.stderr.write(`openevolve-aws: ${message}\n`);
      return cliExit[exit];
    }
  }

  protected async open(): Promise<{ backend: Backend; owner: string }> {
    const { openBackend } = await import('../open-backend.ts');
    return openBackend({ local: this.local, owner: this.owner, notice: (line) => this.note(line) });
  }

  /** For a program to read. */
  protected printJson(value: unknown): void {
    this.context.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
  }

  /** For a person to read; with `--json` standard output belongs to the JSON alone. */
  protected print(line = ''): void {
    if (!this.json) {
      this.context.stdout.write(`${line}\n`);
    }
  }

  /** Something to know beside the result. */
  protected note(line: string): void {
    this.context.stderr.write(`${line}\n`);
  }
}
