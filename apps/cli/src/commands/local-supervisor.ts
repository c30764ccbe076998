import { Command, Option } from 'clipanion';

/** Not for people: the process that stands in AWS Batch's place on this machine. */
export class LocalSupervisorCommand extends Command {
  static override paths = [['local-supervisor']];

  home = Option.String('--home', { required: true });

  async execute(): Promise<number> {
    const { localHome, runSupervisor } = await import('@openevolve-aws/batch-client');
    const { entrypointCommand, preparePython } = await import('../local-commands.ts');
    const report = (line: string) => {
      this.context.stderr.write(`${new Date().toISOString()} ${line}\n`);
    };
    await runSupervisor({
      home: localHome(this.home),
      entrypoint: entrypointCommand(),
      variables: { OPENEVOLVE_PYTHON: await preparePython(report) },
      report,
    });
    // Attempts of a supervisor that gave up must see it end, whatever still keeps it alive.
    process.exit(0);
  }
}
