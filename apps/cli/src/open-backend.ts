import { userInfo } from 'node:os';
import { resolve } from 'node:path';
import {
  awsClients,
  type Backend,
  BatchClientError,
  defaultHomeDirectory,
  loadSettings,
  openAwsBackend,
  openLocalBackend,
  ownerFromUserName,
  resolveOwner,
} from '@openevolve-aws/batch-client';
import { describeIssues, ownerSchema, type Settings } from '@openevolve-aws/job-spec';
import { supervisorCommand } from './local-commands.ts';

export interface BackendChoice {
  readonly local: boolean;
  readonly profile: string | undefined;
  readonly owner: string | undefined;
  readonly notice: (line: string) => void;
}

export interface OpenedBackend {
  readonly backend: Backend;
  /** Whose jobs are meant. */
  readonly owner: string;
  /** Where jobs go on AWS; null on this machine. */
  readonly settings: Settings | null;
}

/** The backend that flags, variables and profile choose, and whose jobs are meant. */
export async function openBackend(choice: BackendChoice): Promise<OpenedBackend> {
  const asked = checkOwner(choice.owner);
  const loaded = choice.local ? null : await loadSettings({ profile: choice.profile });
  if (loaded !== null) {
    const { settings } = loaded;
    const clients = awsClients({ region: settings.region });
    // Who asks is a call over the network, during which the rest is loaded.
    const [owner, backend] = await Promise.all([
      resolveOwner(clients, settings, asked),
      openAwsBackend({ settings, clients }),
    ]);
    return { backend, owner, settings };
  }
  if (!choice.local) {
    choice.notice('No AWS settings are given: using this machine (--local).');
  }
  const owner = asked ?? ownerFromUserName(userName());
  return { backend: await openThisMachine(), owner, settings: null };
}

function checkOwner(owner: string | undefined): string | undefined {
  const parsed = ownerSchema.optional().safeParse(owner);
  if (!parsed.success) {
    throw new BatchClientError(
      'INVALID_INPUT',
      `--owner ${JSON.stringify(owner)}: ${describeIssues(parsed.error)}.`,
    );
  }
  return parsed.data;
}

async function openThisMachine(): Promise<Backend> {
  const directory = resolve(defaultHomeDirectory(process.env));
  try {
    return await openLocalBackend({
      directory,
      supervisor: supervisorCommand(directory),
      variables: process.env,
    });
  } catch (cause) {
    if (cause instanceof Error && 'syscall' in cause && 'code' in cause) {
      throw new BatchClientError(
        'INVALID_INPUT',
        `Jobs cannot be kept in ${directory} (${cause.code}); name another folder with OPENEVOLVE_AWS_HOME.`,
        { cause },
      );
    }
    throw cause;
  }
}

function userName(): string {
  try {
    return userInfo().username;
  } catch (cause) {
    throw new BatchClientError(
      'INVALID_INPUT',
      'This user has no name, so whose jobs are meant is not known: name the owner with --owner.',
      { cause },
    );
  }
}
