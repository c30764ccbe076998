import { userInfo } from 'node:os';
import { resolve } from 'node:path';
import {
  type Backend,
  BatchClientError,
  defaultHomeDirectory,
  openLocalBackend,
  secretsOf,
} from '@openevolve-aws/batch-client';
import { describeIssues, ownerSchema } from '@openevolve-aws/job-spec';
import { ownerFromUserName } from '@openevolve-aws/s3-layout';
import { supervisorCommand } from './local-commands.ts';

/** The guide's variables: any of them asks for AWS. */
const awsVariables = [
  'OPENEVOLVE_INPUT_BUCKET',
  'OPENEVOLVE_OUTPUT_BUCKET',
  'OPENEVOLVE_JOB_QUEUE',
  'OPENEVOLVE_JOB_DEFINITION',
] as const;

export interface BackendChoice {
  readonly local: boolean;
  readonly owner: string | undefined;
  readonly notice: (line: string) => void;
}

/** The backend that flags and environment choose, and whose jobs are meant. */
export async function openBackend(
  choice: BackendChoice,
): Promise<{ backend: Backend; owner: string }> {
  const owner = choice.owner ?? ownerFromUserName(userName());
  const parsed = ownerSchema.safeParse(owner);
  if (!parsed.success) {
    throw new BatchClientError(
      'INVALID_INPUT',
      `--owner ${JSON.stringify(owner)}: ${describeIssues(parsed.error)}.`,
    );
  }
  if (!choice.local) {
    const asked = awsVariables.find((name) => process.env[name]);
    if (asked !== undefined) {
      throw new BatchClientError(
        'INVALID_INPUT',
        `${asked} asks for AWS, and this release runs jobs on this machine only: add --local.`,
      );
    }
    choice.notice('No AWS settings are given: using this machine (--local).');
  }
  const directory = resolve(defaultHomeDirectory(process.env));
  try {
    const backend = await openLocalBackend({
      directory,
      supervisor: supervisorCommand(directory),
      secrets: secretsOf(process.env),
    });
    return { backend, owner };
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
