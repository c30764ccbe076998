import { Command, Option } from 'clipanion';
import { JobCommand } from './job-command.ts';

export class ExtendCommand extends JobCommand {
  static override paths = [['extend']];
  static override usage = Command.Usage({
    category: 'Jobs',
    description: 'Change how many iterations a running job does in all, up or down.',
    examples: [['Do 500 iterations in all', '$0 extend a1b2c3d4 --iterations 500']],
  });

  job = Option.String({ required: true, name: 'JOB' });
  iterations = Option.String('--iterations', {
    description: 'How many iterations in all, over all attempts.',
  });

  protected async run(): Promise<number> {
    const { controlJob } = await import('@openevolve-aws/batch-client');
    const { cliExit, iterationsSchema } = await import('@openevolve-aws/job-spec');
    const { parseNumber, required } = await import('../flags.ts');
    const text = required(
      '--iterations',
      this.iterations,
      'how many iterations the job does in all',
    );
    const iterations = parseNumber('--iterations', text, iterationsSchema);
    const { backend, owner } = await this.open();
    const control = await controlJob(backend, owner, this.job, { kind: 'extend', iterations });
    this.print(
      `Job ${this.job} is asked for ${iterations} iterations in all (request ${control.number}).`,
    );
    if (this.json) {
      this.printJson(control);
    }
    return cliExit.OK;
  }
}
