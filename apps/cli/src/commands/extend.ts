import type { Control } from '@openevolve-aws/job-spec';
import { Command, Option } from 'clipanion';
import { JobCommand } from './job-command.ts';

export class ExtendCommand extends JobCommand {
  static override paths = [['extend']];
  static override usage = Command.Usage({
    category: 'Jobs',
    description: 'Change how many iterations a running job does, or how long it may run in all.',
    examples: [
      ['Do 500 iterations in all', '$0 extend a1b2c3d4 --iterations 500'],
      ['Let it run for two days in all', '$0 extend a1b2c3d4 --timeout 2d'],
    ],
  });

  job = Option.String({ required: true, name: 'JOB' });
  iterations = Option.String('--iterations', {
    description: 'How many iterations in all, over all attempts.',
  });
  timeout = Option.String('--timeout', {
    description: 'How long the whole job may run, over all attempts, such as 90m or 12h.',
  });

  protected async run(): Promise<number> {
    const { controlJob } = await import('@openevolve-aws/batch-client');
    const { cliExit, iterationsSchema, timeoutSecondsSchema } = await import(
      '@openevolve-aws/job-spec'
    );
    const { UsageError } = await import('../failure.ts');
    const { optionalDuration, optionalNumber } = await import('../flags.ts');
    const iterations = optionalNumber('--iterations', this.iterations, iterationsSchema);
    const seconds = optionalDuration('--timeout', this.timeout, timeoutSecondsSchema);
    const requests: Control['request'][] = [
      ...(iterations === undefined ? [] : [{ kind: 'extend' as const, iterations }]),
      ...(seconds === undefined ? [] : [{ kind: 'timeout' as const, seconds }]),
    ];
    if (requests.length === 0) {
      throw new UsageError('What the job is given is missing: --iterations or --timeout.');
    }
    const signal = this.interruption();
    const { backend, owner } = await this.open();
    const controls: Control[] = [];
    for (const request of requests) {
      const control = await controlJob(backend, owner, this.job, request, { signal });
      controls.push(control);
      const what =
        request.kind === 'extend' ? `do ${iterations} iterations` : `run for at most ${seconds} s`;
      this.print(`Job ${this.job} is asked to ${what} in all (request ${control.number}).`);
    }
    if (this.json) {
      this.printJson(controls);
    }
    return cliExit.OK;
  }
}
