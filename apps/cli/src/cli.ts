import { Cli } from 'clipanion';
import { CancelCommand } from './commands/cancel.ts';
import { CapCommand } from './commands/cap.ts';
import { ConfigureCommand } from './commands/configure.ts';
import { DeployCommand } from './commands/deploy.ts';
import { DestroyCommand } from './commands/destroy.ts';
import { DoctorCommand } from './commands/doctor.ts';
import { DrillCommand } from './commands/drill.ts';
import { ExplainCommand } from './commands/explain.ts';
import { ExtendCommand } from './commands/extend.ts';
import { ImageBuildCommand } from './commands/image-build.ts';
import { ImagePromoteCommand } from './commands/image-promote.ts';
import { ImagePushCommand } from './commands/image-push.ts';
import { ListCommand } from './commands/list.ts';
import { LocalSupervisorCommand } from './commands/local-supervisor.ts';
import { LogsCommand } from './commands/logs.ts';
import { OutputsCommand } from './commands/outputs.ts';
import { QuickstartCommand } from './commands/quickstart.ts';
import { ResultsCommand } from './commands/results.ts';
import { ResumeCommand } from './commands/resume.ts';
import { SecretSetCommand } from './commands/secret-set.ts';
import { StatusCommand } from './commands/status.ts';
import { SubmitCommand } from './commands/submit.ts';
import { UsersAddCommand } from './commands/users-add.ts';
import { UsersListCommand } from './commands/users-list.ts';
import { UsersRemoveCommand } from './commands/users-remove.ts';
import { VerifyCommand } from './commands/verify.ts';
import { commandIn, commandName, renderCommand, renderOverview, wantsHelp } from './help.ts';
import { readManifest } from './manifest.ts';
import { outlastReaders } from './output.ts';
import { joinValues, syntaxSentence } from './syntax.ts';

/** In the order of a job's life. */
const commands = [
  QuickstartCommand,
  ConfigureCommand,
  DoctorCommand,
  SubmitCommand,
  StatusCommand,
  LogsCommand,
  ListCommand,
  ResultsCommand,
  CancelCommand,
  ResumeCommand,
  ExtendCommand,
  CapCommand,
  ExplainCommand,
  VerifyCommand,
  DrillCommand,
  DeployCommand,
  OutputsCommand,
  SecretSetCommand,
  ImageBuildCommand,
  ImagePushCommand,
  ImagePromoteCommand,
  UsersListCommand,
  UsersAddCommand,
  UsersRemoveCommand,
  DestroyCommand,
  LocalSupervisorCommand,
];

/**
 * The command line; what it knows of its commands makes the help and the documentation.
 *
 * @param words what was typed: when it begins with a command's name, no other is needed, and the
 *   parser's tables of all take longer than most commands' own work.
 */
export function createCli(binaryVersion: string, words: readonly string[] = []): Cli {
  const cli = new Cli({
    binaryName: 'openevolve-aws',
    binaryLabel: 'OpenEvolve on AWS Spot machines, without losing work',
    binaryVersion,
  });
  const named = commands.filter(({ paths }) =>
    paths.some((path) => path.every((part, index) => part === words[index])),
  );
  for (const command of named.length > 0 ? named : commands) {
    cli.register(command);
  }
  return cli;
}

/**
 * Runs the command line.
 *
 * @param args without the program's name.
 * @returns the exit code, one of job-spec's `cliExitCodes`.
 */
export async function runCli(args: readonly string[]): Promise<number> {
  // As `SERVICE`, which the table would have to be loaded for.
  outlastReaders(5);
  const { version } = readManifest();
  const words = joinValues(args);
  if (words[0] === '--version' || words[0] === '-v') {
    process.stdout.write(`${version}\n`);
    return 0;
  }
  const cli = createCli(version, wantsHelp(words) ? [] : words);
  if (wantsHelp(words)) {
    const definitions = cli.definitions();
    const asked = commandIn(words, definitions);
    const help = asked ? renderCommand(asked) : renderOverview(definitions, version);
    process.stdout.write(`${help}\n`);
    return 0;
  }
  let command: ReturnType<typeof cli.process>;
  try {
    command = cli.process(words, Cli.defaultContext);
  } catch (error) {
    const message = syntaxSentence(error, words, namesOf(createCli(version)));
    if (words.includes('--json')) {
      process.stdout.write(`${JSON.stringify({ error: { code: 'USAGE', message } })}\n`);
    }
    process.stderr.write(`openevolve-aws: ${message}\n`);
    return 2;
  }
  return cli.run(command, Cli.defaultContext);
}

/** The commands that are for people: those with a usage. */
function namesOf(cli: Cli): string[] {
  return cli.definitions().map(({ path }) => commandName(path));
}
