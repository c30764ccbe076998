import { Command, Option } from 'clipanion';
import { JobCommand } from './job-command.ts';

export class LogsCommand extends JobCommand {
  static override paths = [['logs']];
  static override usage = Command.Usage({
    category: 'Jobs',
    description: "Print a job's log, attempt by attempt.",
    details: `
      With --follow it goes on across retries until the job has ended, and the exit code is the
      job's result: 0 when it succeeded, 1 when it failed. With --json each line is a JSON object.
    `,
    examples: [
      ['The log so far', '$0 logs a1b2c3d4'],
      ['Follow it to the end', '$0 logs a1b2c3d4 --follow'],
      ['Only the second attempt', '$0 logs a1b2c3d4 --attempt 2'],
    ],
  });

  job = Option.String({ required: true, name: 'JOB' });
  follow = Option.Boolean('--follow,-f', false, { description: 'Go on until the job has ended.' });
  attempt = Option.String('--attempt', { description: 'Only this attempt, from 1.' });

  protected async run(): Promise<number> {
    const { describeJob, followLogs } = await import('@openevolve-aws/batch-client');
    const { cliExit } = await import('@openevolve-aws/job-spec');
    const { optionalNumber } = await import('../flags.ts');
    const { z } = await import('zod');
    const schema = z.int('a whole number').min(1, 'from 1');
    const attempt = optionalNumber('--attempt', this.attempt, schema);
    const { backend, owner } = await this.open();
    const lines = followLogs(backend, owner, this.job, {
      ...(attempt !== undefined && { attempt }),
      follow: this.follow,
    });
    for await (const line of lines) {
      this.context.stdout.write(`${this.json ? JSON.stringify(line) : line.text}\n`);
    }
    if (!this.follow) {
      return cliExit.OK;
    }
    const { batch } = await describeJob(backend, owner, this.job);
    return batch.status === 'FAILED' ? cliExit.JOB_FAILED : cliExit.OK;
  }
}
