import { Command, Option } from 'clipanion';
import { toFailure } from '../failure.ts';

/** What all commands share: how they print, and how an error becomes a message and an exit code. */
export abstract class BaseCommand extends Command {
  json = Option.Boolean('--json', false, { description: 'Print JSON, errors included.' });

  /** The command's work; its result is the exit code. */
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

  /** Fires at Ctrl-C, so that what is under way can end in order; a second one ends the process. */
  protected interruption(): AbortSignal {
    const controller = new AbortController();
    process.once('SIGINT', () => controller.abort());
    return controller.signal;
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
