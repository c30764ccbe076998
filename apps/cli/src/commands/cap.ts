import { Command, Option } from 'clipanion';
import { JobCommand } from './job-command.ts';

export class CapCommand extends JobCommand {
  static override paths = [['cap']];
  static override usage = Command.Usage({
    category: 'Jobs',
    description: 'Change what a running job may spend on models in all, up or down.',
    details: `
      A limit that is not named stays as it is. A job that has reached its cap has ended with its
      results written: 'resume' takes another cap.
    `,
    examples: [
      ['At most 20 dollars in all', '$0 cap a1b2c3d4 --max-usd 20'],
      ['At most 50 million tokens', '$0 cap a1b2c3d4 --max-tokens 50000000'],
    ],
  });

  job = Option.String({ required: true, name: 'JOB' });
  maxUsd = Option.String('--max-usd', {
    description: 'US dollars that all attempts together may spend on models.',
  });
  maxTokens = Option.String('--max-tokens', {
    description: 'Tokens that they may use, prompt and completion together.',
  });

  protected async run(): Promise<number> {
    const { controlJob } = await import('@openevolve-aws/batch-client');
    const { cliExit } = await import('@openevolve-aws/job-spec');
    const { parseCap } = await import('../cap.ts');
    const { UsageError } = await import('../failure.ts');
    const cap = parseCap(this.maxUsd, this.maxTokens);
    if (cap === undefined) {
      throw new UsageError('A cap is missing: name it with --max-usd or --max-tokens.');
    }
    const signal = this.interruption();
    const { backend, owner } = await this.open();
    const request = { kind: 'cap' as const, ...cap };
    const control = await controlJob(backend, owner, this.job, request, { signal });
    const limits = [
      ...(cap.usd === undefined ? [] : [`$${cap.usd}`]),
      ...(cap.tokens === undefined ? [] : [`${cap.tokens} tokens`]),
    ];
    this.print(
      `Job ${this.job} may spend ${limits.join(' and ')} in all (request ${control.number}).`,
    );
    if (this.json) {
      this.printJson(control);
    }
    return cliExit.OK;
  }
}
