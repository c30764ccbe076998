import { Command, Option } from 'clipanion';
import { JobCommand } from './job-command.ts';

export class StatusCommand extends JobCommand {
  static override paths = [['status']];
  static override usage = Command.Usage({
    category: 'Jobs',
    description:
      'Show where a job stands: progress, best score, attempts, and what a kill would cost now.',
    details: 'The job is named by its short id or by its Batch job id.',
    examples: [['Where a job stands', '$0 status a1b2c3d4']],
  });

  job = Option.String({ required: true, name: 'JOB' });

  protected async run(): Promise<number> {
    const { describeJob } = await import('@openevolve-aws/batch-client');
    const { cliExit } = await import('@openevolve-aws/job-spec');
    const signal = this.interruption();
    const { backend, owner } = await this.open();
    const view = await describeJob(backend, owner, this.job, { signal });
    if (this.json) {
      this.printJson(view);
      return cliExit.OK;
    }
    const { renderStatus } = await import('../render-status.ts');
    for (const line of renderStatus(view, new Date())) {
      this.print(line);
    }
    return cliExit.OK;
  }
}
