import { Command, Option } from 'clipanion';
import { JobCommand } from './job-command.ts';

export class CancelCommand extends JobCommand {
  static override paths = [['cancel']];
  static override usage = Command.Usage({
    category: 'Jobs',
    description: 'End a job in any state; what is finished is saved first.',
    details: `
      A running attempt is asked to save and to end by itself, and is terminated when it has not
      ended after 30 seconds. Ctrl-C meanwhile leaves the request to stop in force.
    `,
    examples: [
      ['Cancel a job', '$0 cancel a1b2c3d4'],
      ['Without waiting until it has saved', '$0 cancel a1b2c3d4 --now'],
    ],
  });

  job = Option.String({ required: true, name: 'JOB' });
  now = Option.Boolean('--now', false, {
    description: 'Terminate it at once; it has what its machine grants after SIGTERM to save.',
  });

  protected async run(): Promise<number> {
    const { cancelJob } = await import('@openevolve-aws/batch-client');
    const { cliExit } = await import('@openevolve-aws/job-spec');
    const { backend, owner } = await this.open();
    const { jobId, batchJobId, status } = await cancelJob(backend, owner, this.job, {
      now: this.now,
      onSaving: (seconds) => this.print(`It saves and ends, for which it has ${seconds} s.`),
      signal: this.interruption(),
    });
    this.print(`Job ${jobId} is being cancelled; it was ${status}.`);
    if (this.json) {
      this.printJson({ jobId, batchJobId, status });
    }
    return cliExit.OK;
  }
}
