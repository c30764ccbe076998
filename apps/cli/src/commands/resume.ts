import { Command, Option } from 'clipanion';
import { JobCommand } from './job-command.ts';

export class ResumeCommand extends JobCommand {
  static override paths = [['resume']];
  static override usage = Command.Usage({
    category: 'Jobs',
    description: 'Let a job that has ended go on, from its newest commit and with its ledger.',
    details: `
      After it failed, was cancelled or stopped, or has reached its cap or its time limit, of which it
      then needs a higher one. A job that is done goes on when more iterations are asked for.
    `,
    examples: [
      ['Go on after a failure', '$0 resume a1b2c3d4'],
      ['Do more than was asked for at first', '$0 resume a1b2c3d4 --iterations 500'],
      ['Go on under a higher cap', '$0 resume a1b2c3d4 --max-usd 20'],
      ['Go on with a day in all', '$0 resume a1b2c3d4 --timeout 1d'],
    ],
  });

  job = Option.String({ required: true, name: 'JOB' });
  iterations = Option.String('--iterations', {
    description: 'How many iterations in all, over all attempts (as before).',
  });
  maxUsd = Option.String('--max-usd', {
    description: 'US dollars that all attempts together may spend on models (as before).',
  });
  maxTokens = Option.String('--max-tokens', {
    description: 'Tokens that they may use, prompt and completion together (as before).',
  });
  timeout = Option.String('--timeout', {
    description:
      'How long the whole job may run, over all attempts, such as 90m or 12h (as before).',
  });
  revision = Option.String('--revision', {
    description: 'The revision of the job definition on AWS (the newest).',
  });

  protected async run(): Promise<number> {
    const { resumeJob } = await import('@openevolve-aws/batch-client');
    const { cliExit, iterationsSchema, timeoutSecondsSchema } = await import(
      '@openevolve-aws/job-spec'
    );
    const { parseCap } = await import('../cap.ts');
    const { optionalDuration, optionalNumber, parseRevision } = await import('../flags.ts');
    const iterations = optionalNumber('--iterations', this.iterations, iterationsSchema);
    const timeoutSeconds = optionalDuration('--timeout', this.timeout, timeoutSecondsSchema);
    const cap = parseCap(this.maxUsd, this.maxTokens);
    const definitionRevision = parseRevision(this.revision);
    const { backend, owner } = await this.open();
    const resumed = await resumeJob(backend, owner, this.job, {
      iterations,
      ...(cap && { cap }),
      timeoutSeconds,
      definitionRevision,
      signal: this.interruption(),
    });
    this.print(`Job ${resumed.jobId} goes on as Batch job ${resumed.batchJobId}.`);
    for (const warning of resumed.warnings) {
      this.note(`Warning: ${warning}`);
    }
    if (this.json) {
      this.printJson(resumed);
    }
    return cliExit.OK;
  }
}
