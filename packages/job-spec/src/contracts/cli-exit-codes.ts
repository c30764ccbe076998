export interface CliExitCode {
  readonly code: number;
  readonly name: string;
  readonly meaning: string;
}

/** The exit codes of the `openevolve-aws` command. Stable; any other code is a crash. */
export const cliExitCodes = [
  { code: 0, name: 'OK', meaning: 'done' },
  { code: 1, name: 'JOB_FAILED', meaning: 'the job failed (with --wait, or logs --follow)' },
  {
    code: 2,
    name: 'USAGE',
    meaning: 'a flag, a file or a setting cannot be used; nothing was written',
  },
  { code: 3, name: 'NOT_FOUND', meaning: 'there is no such job, attempt or result' },
  { code: 4, name: 'ACCESS', meaning: 'access denied, or the credentials are missing or expired' },
  { code: 5, name: 'SERVICE', meaning: 'the network or a service failed' },
  { code: 6, name: 'CONFLICT', meaning: 'it is there already, or its state does not allow it' },
  { code: 70, name: 'INTERNAL', meaning: 'a fault of this software; report it with the message' },
  { code: 130, name: 'INTERRUPTED', meaning: 'interrupted with Ctrl-C; a submitted job runs on' },
] as const satisfies readonly CliExitCode[];

export type CliExitName = (typeof cliExitCodes)[number]['name'];

/** Codes by name: `cliExit.USAGE` is 2. */
export const cliExit = Object.fromEntries(
  cliExitCodes.map(({ name, code }) => [name, code]),
) as Readonly<Record<CliExitName, number>>;
