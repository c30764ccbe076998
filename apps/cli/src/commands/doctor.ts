import type { Check } from '@openevolve-aws/batch-client';
import { Command, Option } from 'clipanion';
import { BaseCommand } from './base-command.ts';

export class DoctorCommand extends BaseCommand {
  static override paths = [['doctor']];
  static override usage = Command.Usage({
    category: 'Set up',
    description: 'Look at all that a job on AWS needs, and say how to mend what is wrong.',
    details: `
      Credentials, clock, settings, owner, buckets, queue, compute environments, Spot quota, job
      definition, image, the provider's key, and alerts. It changes nothing. Exit code 4 when the
      credentials cannot be used, 2 when something else must be mended before jobs run.
    `,
    examples: [['Is all well?', '$0 doctor']],
  });

  profile = Option.String('--profile', { description: 'Which profile is looked at (default).' });
  owner = Option.String('--owner', { description: 'Whose jobs.' });

  protected async run(): Promise<number> {
    const { awsClients, diagnose, loadSettings } = await import('@openevolve-aws/batch-client');
    const { cliExit } = await import('@openevolve-aws/job-spec');
    const { UsageError } = await import('../failure.ts');
    const loaded = await loadSettings({ profile: this.profile });
    if (loaded === null) {
      throw new UsageError(
        "Nothing says where jobs go on AWS, so they run on this machine: 'openevolve-aws configure' writes it down.",
      );
    }
    const clients = awsClients({ region: loaded.settings.region });
    const checks = await diagnose({
      loaded,
      clients,
      owner: this.owner,
      signal: this.interruption(),
    });
    if (this.json) {
      this.printJson(checks);
    }
    for (const { name, result, detail, fix } of checks) {
      this.print(`${result.padEnd(8)} ${name.padEnd(20)} ${detail}`);
      if (fix !== null) {
        this.print(`${' '.repeat(29)} ${fix}`);
      }
    }
    return cliExit[exitOf(checks)];
  }
}

function exitOf(checks: readonly Check[]): 'OK' | 'ACCESS' | 'USAGE' {
  const broken = checks.filter(({ result }) => result === 'problem').map(({ name }) => name);
  if (broken.length === 0) {
    return 'OK';
  }
  return broken.some((name) => name === 'credentials' || name === 'clock') ? 'ACCESS' : 'USAGE';
}
