#!/usr/bin/env node
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import cdk from 'aws-cdk/package.json' with { type: 'json' };
import { InfraError } from './errors.ts';
import { planEnvironment } from './plan.ts';
import { CONFIG_FILE, readStackConfig } from './read-config.ts';

const USAGE = `Usage: openevolve-infra plan [--config FILE]
       openevolve-infra <deploy|diff|destroy|synth|bootstrap|...> [--config FILE] [options of the CDK]

plan writes as JSON what the configuration leads to: stacks, names, users, monthly cost when idle.
Everything else is a command of the AWS CDK on the app that the configuration describes, or on the
folder that --app names, which synth --output has made; deploy --all takes in the stacks of all groups
of users. FILE is ${CONFIG_FILE} unless it is given.
`;

process.exitCode = await main(process.argv.slice(2));

async function main(given: readonly string[]): Promise<number> {
  const { file, rest } = takeConfig(given);
  const [command] = rest;
  if (command === undefined || command === 'help' || command === '--help') {
    process.stdout.write(USAGE);
    return command === undefined ? 2 : 0;
  }
  try {
    const config = await readStackConfig(file);
    if (command === 'plan') {
      process.stdout.write(`${JSON.stringify(planEnvironment(config), null, 2)}\n`);
      return 0;
    }
  } catch (error) {
    if (!(error instanceof InfraError)) {
      throw error;
    }
    process.stderr.write(`${error.code}: ${error.message}\n`);
    return 1;
  }
  return runCdk(rest, file);
}

/** Takes `--config FILE` out, wherever it stands. */
function takeConfig(given: readonly string[]): { file: string; rest: string[] } {
  const position = given.indexOf('--config');
  return position < 0
    ? { file: path.resolve(CONFIG_FILE), rest: [...given] }
    : {
        file: path.resolve(given[position + 1] ?? CONFIG_FILE),
        rest: given.toSpliced(position, 2),
      };
}

async function runCdk(command: readonly string[], file: string): Promise<number> {
  const app = path.join(import.meta.dirname, `main${path.extname(import.meta.filename)}`);
  // The CDK gives it to a shell, and takes quotes around the whole of it away.
  const appCommand = [process.execPath, ...process.execArgv, app]
    .map((word) => (/^[\w./:=@-]+$/.test(word) ? word : JSON.stringify(word)))
    .join(' ');
  const ownApp = ['--app', appCommand, '--context', `config=${file}`];
  const program = new URL(cdk.bin.cdk, import.meta.resolve('aws-cdk/package.json'));
  const child = spawn(
    process.execPath,
    [fileURLToPath(program), ...command, ...(command.includes('--app') ? [] : ownApp)],
    // This release brings the CDK that it works with, so nobody need hear of a newer one.
    { stdio: 'inherit', env: { ...process.env, CDK_DISABLE_VERSION_CHECK: '1' } },
  );
  const [code, signal] = await once(child, 'exit');
  return signal === null ? code : 1;
}
