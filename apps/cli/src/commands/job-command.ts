import { Option } from 'clipanion';
import type { OpenedBackend } from '../open-backend.ts';
import { BaseCommand } from './base-command.ts';

/** What all commands about jobs share: where the jobs are, and whose they are. */
export abstract class JobCommand extends BaseCommand {
  local = Option.Boolean('--local', false, { description: 'Use this machine instead of AWS.' });
  profile = Option.String('--profile', {
    description: "Which profile of 'openevolve-aws configure' says where jobs go (default).",
  });
  owner = Option.String('--owner', {
    description:
      'Whose jobs: 1 to 32 lower-case letters and digits. By default whoever the credentials stand for.',
  });

  protected async open(): Promise<OpenedBackend> {
    const { openBackend } = await import('../open-backend.ts');
    return openBackend({
      local: this.local,
      profile: this.profile,
      owner: this.owner,
      notice: (line) => this.note(line),
    });
  }

  /** Another command about the same job, as it is typed. */
  protected hint(command: string): string {
    const place = [
      ...(this.local ? ['--local'] : []),
      ...(this.profile === undefined ? [] : ['--profile', this.profile]),
      ...(this.owner === undefined ? [] : ['--owner', this.owner]),
    ];
    return ['openevolve-aws', command, ...place].join(' ');
  }
}
