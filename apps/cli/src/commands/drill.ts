import { Command, Option } from 'clipanion';
import { JobCommand } from './job-command.ts';

export class DrillCommand extends JobCommand {
  static override paths = [['drill']];
  static override usage = Command.Usage({
    category: 'Jobs',
    description: 'Send a Spot interruption to a running job, to see it resume.',
    details: `
      The job gets a Spot notice, and its machine is taken when the notice has run out. Spot gives
      120 seconds; --notice 0 takes the machine at once, as a crash of the machine would.
    `,
    examples: [
      ['A Spot interruption', '$0 drill a1b2c3d4'],
      ['A machine that is gone without notice', '$0 drill a1b2c3d4 --notice 0'],
    ],
  });

  job = Option.String({ required: true, name: 'JOB' });
  notice = Option.String('--notice', '120', { description: 'Seconds from notice to end (120).' });

  protected async run(): Promise<number> {
    const { drillJob } = await import('@openevolve-aws/batch-client');
    const { cliExit } = await import('@openevolve-aws/job-spec');
    const { parseNumber } = await import('../flags.ts');
    const { z } = await import('zod');
    const seconds = parseNumber(
      '--notice',
      this.notice,
      z.number().min(0, 'at least 0').max(3600, 'at most 3600'),
    );
    const { backend, owner } = await this.open();
    const { jobId, batchJobId } = await drillJob(backend, owner, this.job, seconds);
    this.print(
      seconds === 0
        ? `The machine of job ${jobId} is gone.`
        : `Job ${jobId} was given notice: its machine is taken in ${seconds} s.`,
    );
    if (this.json) {
      this.printJson({ jobId, batchJobId, noticeSeconds: seconds });
    }
    return cliExit.OK;
  }
}
