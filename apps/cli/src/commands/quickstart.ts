import { Command, Option } from 'clipanion';
import { JobCommand } from './job-command.ts';

export class QuickstartCommand extends JobCommand {
  static override paths = [['quickstart']];
  static override usage = Command.Usage({
    category: 'Start here',
    description: 'Run a small evolution on this machine, interrupt it half way, and see it resume.',
    details: `
      Needs no AWS account, no key and no Docker: programs come from the offline model, a seeded
      search that is not an LLM. The job is real: OpenEvolve evolves the example, a simulated Spot
      interruption takes its machine half way, the next attempt resumes from the last commit, and
      the results are left in a folder.
    `,
    examples: [['Try it', '$0 quickstart']],
  });

  output = Option.String('--output', './quickstart-results', {
    description: 'The folder for the results (./quickstart-results).',
  });

  protected async run(): Promise<number> {
    this.local = true;
    const { backend, owner } = await this.open();
    const { runQuickstart } = await import('../quickstart/run-quickstart.ts');
    const { cliExit } = await import('@openevolve-aws/job-spec');
    const report = await runQuickstart({
      backend,
      owner,
      output: this.output,
      print: (line) => this.print(line),
    });
    if (this.json) {
      this.printJson(report);
    }
    return report.passed ? cliExit.OK : cliExit.JOB_FAILED;
  }
}
