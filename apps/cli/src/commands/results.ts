import { Command, Option } from 'clipanion';
import { JobCommand } from './job-command.ts';

export class ResultsCommand extends JobCommand {
  static override paths = [['results']];
  static override usage = Command.Usage({
    category: 'Jobs',
    description: "Download a job's results, without its checkpoints.",
    details: `
      Leaves best_program with the program's own extension, evolution_summary.json and logs/ in the
      folder. A folder that has something in it is refused without --force.
    `,
    examples: [['Download the results', '$0 results a1b2c3d4 --output ./my-results']],
  });

  job = Option.String({ required: true, name: 'JOB' });
  output = Option.String('--output', './results', { description: 'The folder (./results).' });
  force = Option.Boolean('--force', false, { description: 'Replace files in the folder.' });

  protected async run(): Promise<number> {
    const { fetchResults } = await import('@openevolve-aws/batch-client');
    const { cliExit } = await import('@openevolve-aws/job-spec');
    const { backend, owner } = await this.open();
    const { directory, files, summary } = await fetchResults(backend, owner, this.job, {
      directory: this.output,
      force: this.force,
      onFile: (name) => this.print(`  ${name}`),
    });
    this.print(`Results are in ${directory}`);
    if (this.json) {
      this.printJson({ directory, files, summary });
    }
    return cliExit.OK;
  }
}
