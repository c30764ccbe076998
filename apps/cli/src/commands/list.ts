import type { ListedJob } from '@openevolve-aws/batch-client';
import { Command, Option } from 'clipanion';
import { isOutputRead } from '../output.ts';
import { JobCommand } from './job-command.ts';

export class ListCommand extends JobCommand {
  static override paths = [['list']];
  static override usage = Command.Usage({
    category: 'Jobs',
    description: 'List your jobs, newest first, also those that AWS Batch has forgotten.',
    details:
      'All of them, or those in one state: SUBMITTED, PENDING, RUNNABLE, STARTING, RUNNING, SUCCEEDED or FAILED.',
    examples: [
      ['All jobs', '$0 list'],
      ['Jobs that are running', '$0 list RUNNING'],
      ['The ten newest', '$0 list --limit 10'],
    ],
  });

  status = Option.String({ required: false, name: 'STATUS' });
  limit = Option.String('--limit', { description: 'No more than this many.' });

  protected async run(): Promise<number> {
    const { batchStatuses, listJobs } = await import('@openevolve-aws/batch-client');
    const { cliExit } = await import('@openevolve-aws/job-spec');
    const { UsageError } = await import('../failure.ts');
    const { optionalNumber } = await import('../flags.ts');
    const { z } = await import('zod');
    const status = batchStatuses.find((known) => known === this.status?.toUpperCase());
    if (this.status !== undefined && status === undefined) {
      throw new UsageError(
        `${JSON.stringify(this.status)} is no job state; the states are ${batchStatuses.join(', ')}.`,
      );
    }
    const schema = z.int('a whole number').min(1, 'from 1');
    const limit = optionalNumber('--limit', this.limit, schema) ?? Number.POSITIVE_INFINITY;
    const { backend, owner } = await this.open();
    const jobs: ListedJob[] = [];
    for await (const job of listJobs(backend, owner, { status, signal: this.interruption() })) {
      jobs.push(job);
      const { jobId, batchJobId, createdAt, name } = job;
      this.print(
        [jobId, (batchJobId ?? '-').padEnd(36), job.status.padEnd(9), createdAt, name].join('  '),
      );
      if (jobs.length === limit || !isOutputRead()) {
        break;
      }
    }
    if (this.json) {
      this.printJson(jobs);
    } else if (jobs.length === 0) {
      this.note(`${owner} has no ${status ? `${status} ` : ''}jobs here.`);
    }
    return cliExit.OK;
  }
}
