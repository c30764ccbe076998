import { Command, Option } from 'clipanion';
import { UsageError } from '../failure.ts';
import { JobCommand } from './job-command.ts';

export class ResultsCommand extends JobCommand {
  static override paths = [['results']];
  static override usage = Command.Usage({
    category: 'Jobs',
    description: "Download a job's results, without its checkpoints.",
    details: `
      Leaves best_program with the program's own extension, evolution_summary.json and logs/ in the
      folder, whole or not at all. A download that was cut short goes on where it was. A folder that
      has something in it is refused without --force.

      Checkpoints are restored as plain folders under checkpoints/, also those of a job without
      results; every file is checked against the hash that was saved with it.
    `,
    examples: [
      ['Download the results', '$0 results a1b2c3d4 --output ./my-results'],
      ['With the newest checkpoint', '$0 results a1b2c3d4 --checkpoints'],
      ['With the checkpoint of iteration 50', '$0 results a1b2c3d4 --checkpoints 50'],
    ],
  });

  job = Option.String({ required: true, name: 'JOB' });
  output = Option.String('--output', './results', { description: 'The folder (./results).' });
  checkpoints = Option.String('--checkpoints', {
    tolerateBoolean: true,
    description: 'Checkpoints too: latest (without a value), all, or the number of one.',
  });
  force = Option.Boolean('--force', false, { description: 'Replace files in the folder.' });

  protected async run(): Promise<number> {
    const { fetchResults } = await import('@openevolve-aws/batch-client');
    const { cliExit } = await import('@openevolve-aws/job-spec');
    const { ProgressBar } = await import('../progress-bar.ts');
    const wanted = this.wantedCheckpoints();
    const signal = this.interruption();
    const { backend, owner } = await this.open();
    const bar = new ProgressBar(process.stderr);
    const { directory, files, checkpoints, summary } = await fetchResults(
      backend,
      owner,
      this.job,
      {
        directory: this.output,
        force: this.force,
        checkpoints: wanted,
        onFile: (name) => {
          bar.clear();
          this.print(`  ${name}`);
        },
        onProgress: ({ done, total }) => bar.show(done, total),
        signal,
      },
    ).finally(() => bar.clear());
    for (const label of checkpoints) {
      this.print(`  checkpoints/${label}`);
    }
    this.print(`Results are in ${directory}`);
    if (this.json) {
      this.printJson({ directory, files, checkpoints, summary });
    }
    return cliExit.OK;
  }

  private wantedCheckpoints(): 'latest' | 'all' | number | undefined {
    const value = this.checkpoints;
    if (value === undefined || value === false) {
      return undefined;
    }
    if (value === true || value === 'latest' || value === 'all') {
      return value === true ? 'latest' : value;
    }
    if (!/^\d{1,7}$/.test(value)) {
      throw new UsageError(
        `--checkpoints takes latest, all or the number of one, and got ${JSON.stringify(value)}.`,
      );
    }
    return Number(value);
  }
}
