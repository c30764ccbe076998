import { Command, Option } from 'clipanion';
import { isOutputRead } from '../output.ts';
import { JobCommand } from './job-command.ts';

export class LogsCommand extends JobCommand {
  static override paths = [['logs']];
  static override usage = Command.Usage({
    category: 'Jobs',
    description: "Print a job's log: that of the attempt that runs, or that ran last.",
    details: `
      With --follow it goes on across retries until the job has ended, and the exit code is the
      job's result: 0 when it succeeded, 1 when it failed. With --json each line is a JSON object.

      When there is no line, since no attempt has begun or its log is gone, the job's own reason is
      told on standard error.
    `,
    examples: [
      ['The log so far', '$0 logs a1b2c3d4'],
      ['Follow it to the end', '$0 logs a1b2c3d4 --follow'],
      ['All attempts, in order', '$0 logs a1b2c3d4 --all'],
      ['Only the second attempt', '$0 logs a1b2c3d4 --attempt 2'],
      ['The last ten minutes', '$0 logs a1b2c3d4 --since 10m'],
    ],
  });

  job = Option.String({ required: true, name: 'JOB' });
  follow = Option.Boolean('--follow,-f', false, { description: 'Go on until the job has ended.' });
  all = Option.Boolean('--all', false, { description: 'All attempts, in order.' });
  attempt = Option.String('--attempt', { description: 'Only this attempt, from 1.' });
  since = Option.String('--since', {
    description: 'Only what was logged since then: how long ago (10m, 2h) or a time.',
  });

  protected async run(): Promise<number> {
    const { explainJob, findRun, followLogs } = await import('@openevolve-aws/batch-client');
    const { cliExit } = await import('@openevolve-aws/job-spec');
    const { UsageError } = await import('../failure.ts');
    const { optionalMoment, optionalNumber } = await import('../flags.ts');
    const { z } = await import('zod');
    const schema = z.int('a whole number').min(1, 'from 1');
    const number = optionalNumber('--attempt', this.attempt, schema);
    if (this.all && number !== undefined) {
      throw new UsageError('--all and --attempt exclude each other: give one of them.');
    }
    const since = optionalMoment('--since', this.since, new Date());
    const signal = this.interruption();
    const { backend, owner } = await this.open();
    const lines = followLogs(backend, owner, this.job, {
      attempt: this.all ? undefined : (number ?? 'latest'),
      since,
      follow: this.follow,
      signal,
    });
    let printed = 0;
    for await (const line of lines) {
      this.context.stdout.write(`${this.json ? JSON.stringify(line) : line.text}\n`);
      printed += 1;
      if (!isOutputRead()) {
        return cliExit.OK;
      }
    }
    const { status } = (await findRun(backend, owner, this.job, { signal })).batch;
    const hasFailed = status === 'FAILED';
    if (printed === 0 || (this.follow && hasFailed)) {
      const { sentence, next } = await explainJob(backend, owner, this.job, { signal });
      this.note([sentence, ...(next === null ? [] : [next])].join(' '));
    }
    return this.follow && hasFailed ? cliExit.JOB_FAILED : cliExit.OK;
  }
}
