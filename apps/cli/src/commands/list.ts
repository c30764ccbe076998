import type { ListedJob } from '@openevolve-aws/batch-client';
import { Command, Option } from 'clipanion';
import { JobCommand } from './job-command.ts';

export class ListCommand extends JobCommand {
  static override paths = [['list']];
  static override usage = Command.Usage({
    category: 'Jobs',
    description: 'List your jobs, newest first.',
    details:
      'All of them, or those in one state: SUBMITTED, PENDING, RUNNABLE, STARTING, RUNNING, SUCCEEDED or FAILED.',
    examples: [
      ['All jobs', '$0 list'],
      ['Jobs that are running', '$0 list RUNNING'],
    ],
  });

  status = Option.String({ required: false, name: 'STATUS' });

  protected async run(): Promise<number> {
    const { batchStatuses, listJobs } = await import('@openevolve-aws/batch-client');
    const { cliExit } = await import('@openevolve-aws/job-spec');
    const { UsageError } = await import('../failure.ts');
    const status = batchStatuses.find((known) => known === this.status?.toUpperCase());
    if (this.status !== undefined && status === undefined) {
      throw new UsageError(
        `${JSON.stringify(this.status)} is no job state; the states are ${batchStatuses.join(', ')}.`,
      );
    }
    const { backend, owner } = await this.open();
    const jobs: ListedJob[] = [];
    for await (const job of listJobs(backend, owner, { status })) {
      jobs.push(job);
    }
    if (this.json) {
      this.printJson(jobs);
      return cliExit.OK;
    }
    for (const job of jobs) {
      this.print(
        [job.jobId, job.batchJobId ?? '-', job.status.padEnd(9), job.createdAt, job.name].join(
          '  ',
        ),
      );
    }
    if (jobs.length === 0) {
      this.note(`${owner} has no ${status ? `${status} ` : ''}jobs here.`);
    }
    return cliExit.OK;
  }
}
