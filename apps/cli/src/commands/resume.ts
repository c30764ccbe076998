import { Command, Option } from 'clipanion';
import { JobCommand } from './job-command.ts';

export class ResumeCommand extends JobCommand {
  static override paths = [['resume']];
  static override usage = Command.Usage({
    category: 'Jobs',
    description: 'Let a job that has ended go on, from its newest commit and with its ledger.',
    details: `
      After it failed, was cancelled or stopped. A job that is done goes on when more iterations are
      asked for.
    `,
    examples: [
      ['Go on after a failure', '$0 resume a1b2c3d4'],
      ['Do more than was asked for at first', '$0 resume a1b2c3d4 --iterations 500'],
    ],
  });

  job = Option.String({ required: true, name: 'JOB' });
  iterations = Option.String('--iterations', {
    description: 'How many iterations in all, over all attempts (as before).',
  });

  protected async run(): Promise<number> {
    const { resumeJob } = await import('@openevolve-aws/batch-client');
    const { cliExit, iterationsSchema } = await import('@openevolve-aws/job-spec');
    const { optionalNumber } = await import('../flags.ts');
    const iterations = optionalNumber('--iterations', this.iterations, iterationsSchema);
    const { backend, owner } = await this.open();
    const resumed = await resumeJob(backend, owner, this.job, { iterations });
    this.print(`Job ${resumed.jobId} goes on as Batch job ${resumed.batchJobId}.`);
    if (this.json) {
      this.printJson(resumed);
    }
    return cliExit.OK;
  }
}
