import { Command, Option } from 'clipanion';
import { JobCommand } from './job-command.ts';

export class CancelCommand extends JobCommand {
  static override paths = [['cancel']];
  static override usage = Command.Usage({
    category: 'Jobs',
    description: 'End a job in any state; what is finished is saved first.',
    examples: [['Cancel a job', '$0 cancel a1b2c3d4']],
  });

  job = Option.String({ required: true, name: 'JOB' });

  protected async run(): Promise<number> {
    const { cancelJob } = await import('@openevolve-aws/batch-client');
    const { cliExit } = await import('@openevolve-aws/job-spec');
    const { backend, owner } = await this.open();
    const { jobId, batchJobId, status } = await cancelJob(backend, owner, this.job);
    this.print(`Job ${jobId} is being cancelled; it was ${status}.`);
    if (this.json) {
      this.printJson({ jobId, batchJobId, status });
    }
    return cliExit.OK;
  }
}
