import { Command, Option } from 'clipanion';
import { JobCommand } from './job-command.ts';

export class VerifyCommand extends JobCommand {
  static override paths = [['verify']];
  static override usage = Command.Usage({
    category: 'Jobs',
    description: 'Read all that is saved of a job and check every hash, without changing anything.',
    details: 'Exit code 1 when something is not what was saved.',
    examples: [['Is all of it sound?', '$0 verify a1b2c3d4']],
  });

  job = Option.String({ required: true, name: 'JOB' });

  protected async run(): Promise<number> {
    const { verifyJob } = await import('@openevolve-aws/batch-client');
    const { cliExit } = await import('@openevolve-aws/job-spec');
    const { backend, owner } = await this.open();
    const verification = await verifyJob(backend, owner, this.job, {
      onCommit: ({ seq, iterationsDone, bytes, problem }) =>
        this.print(
          `  commit ${seq}: ${iterationsDone} iterations, ${bytes} bytes, ${problem ?? 'sound'}`,
        ),
      signal: this.interruption(),
    });
    const { jobId, commits, problems, sound } = verification;
    for (const problem of problems) {
      this.print(`  ${problem}`);
    }
    const broken = commits.filter(({ problem }) => problem !== null).length;
    this.print(
      sound
        ? `Job ${jobId} is sound: ${commits.length} commits, every hash as it was saved.`
        : `Job ${jobId} is damaged: ${broken} of ${commits.length} commits; a resumed job goes on from the newest sound one.`,
    );
    if (this.json) {
      this.printJson(verification);
    }
    return sound ? cliExit.OK : cliExit.JOB_FAILED;
  }
}
