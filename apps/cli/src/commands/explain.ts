import { Command, Option } from 'clipanion';
import { JobCommand } from './job-command.ts';

export class ExplainCommand extends JobCommand {
  static override paths = [['explain']];
  static override usage = Command.Usage({
    category: 'Jobs',
    description: 'Say in one sentence why a job waits or has failed, and what to do.',
    examples: [['Why does it not run?', '$0 explain a1b2c3d4']],
  });

  job = Option.String({ required: true, name: 'JOB' });

  protected async run(): Promise<number> {
    const { explainJob } = await import('@openevolve-aws/batch-client');
    const { cliExit } = await import('@openevolve-aws/job-spec');
    const { backend, owner } = await this.open();
    const explanation = await explainJob(backend, owner, this.job, {
      signal: this.interruption(),
    });
    this.print(explanation.sentence);
    if (explanation.next !== null) {
      this.print(explanation.next);
    }
    if (this.json) {
      this.printJson(explanation);
    }
    return cliExit.OK;
  }
}
