// Steps 8 to 14 of the guide, typed as in the guide, against an account without AWS; the built command
// is what `npm install --global @openevolve-aws/cli` puts on the path.
// node --conditions=@openevolve-aws/source tools/transcript/main.ts [--write]
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs, stripVTControlCharacters } from 'node:util';
import { pythonProgram } from '@openevolve-aws/test-servers';
import { type AwsStandIn, startAwsStandIn } from '../../apps/cli/tests/aws/aws-stand-in.ts';
import { format } from '../generate/format.ts';
import { problemsOf, shortened } from './compare.ts';
import { Shell } from './shell.ts';
import { type Command, guideSteps } from './steps.ts';

const root = path.join(import.meta.dirname, '../..');
const record = path.join(root, 'docs/transcript.md');
const { values } = parseArgs({ options: { write: { type: 'boolean', default: false } } });

const lines: string[] = [];
const say = (text = '') => {
  lines.push(text);
  console.log(text);
};

async function openShell(aws: AwsStandIn, folder: string): Promise<Shell> {
  const bin = path.join(folder, 'bin');
  await mkdir(bin);
  await symlink(path.join(root, 'apps/cli/dist/main.js'), path.join(bin, 'openevolve-aws'));
  await symlink(process.execPath, path.join(bin, 'node'));
  await symlink(pythonProgram('aws'), path.join(bin, 'aws'));
  const home = path.join(folder, 'home');
  await mkdir(home);
  return new Shell(
    {
      PATH: `${bin}:${process.env.PATH}`,
      HOME: home,
      // Where AWS is; in an account of AWS these are not set.
      ...aws.endpoints,
    },
    home,
  );
}

/** The ids of the newest submission, as later commands name them. */
async function remember(shell: Shell, output: string): Promise<string | null> {
  const batchJobId = /Batch job ID : ([0-9a-f-]{36})/.exec(output)?.[1];
  const shortId = /Job short ID : ([0-9a-f]{8})/.exec(output)?.[1];
  if (!batchJobId || !shortId) {
    return null;
  }
  await shell.type(`JOB_ID="${batchJobId}"; SHORT_ID="${shortId}"`);
  return batchJobId;
}

const folder = await mkdtemp(path.join(tmpdir(), 'transcript-'));
const aws = await startAwsStandIn();
const shell = await openShell(aws, folder);
const found: string[] = [];
let jobId = '';
try {
  say(
    '<!-- Made by `node --conditions=@openevolve-aws/source tools/transcript/main.ts --write`. Do not edit. -->',
  );
  say();
  say('# Steps 8 to 14 of the guide, as they were typed');
  say();
  say(
    'Commands are those of the guide. AWS Batch, S3, CloudWatch Logs, STS and Gemini are stand-ins on one machine; the command and the container’s program are the real ones. Long outputs are shortened.',
  );
  const user = {
    key: aws.credentials.AWS_ACCESS_KEY_ID,
    secret: aws.credentials.AWS_SECRET_ACCESS_KEY,
  };
  for (const { title, commands } of guideSteps(user)) {
    say(`\n## ${title}`);
    for (const command of commands) {
      await run(command);
    }
  }
} finally {
  await shell.close();
  await aws.stop();
  for (const name of ['initial_program.py', 'evaluator.py']) {
    await rm(path.join('/tmp', name), { force: true });
  }
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
}

async function run(command: Command): Promise<void> {
  if (command.before === 'Spot takes the machine') {
    await aws.batch.takeMachine(jobId, 120);
    say('\nSpot takes the machine, with two minutes of notice.');
  }
  const began = performance.now();
  const { output, exitCode } = await shell.type(command.typed, command.answers);
  const took = ((performance.now() - began) / 1000).toFixed(1);
  jobId = (await remember(shell, output)) ?? jobId;
  const plain = stripVTControlCharacters(output).replaceAll(path.join(folder, 'home'), '~');
  if (command.ours !== undefined) {
    say(`\n${command.ours}`);
  }
  say(`\n\`\`\`console\n$ ${command.typed}\n${shortened(plain, command.answers)}\`\`\``);
  const problems = problemsOf(command, { output: plain, exitCode });
  found.push(...problems);
  for (const problem of problems) {
    say(`\n**${problem}**`);
  }
  console.error(`[${took} s, exit ${exitCode}]`);
}

if (values.write && found.length === 0) {
  await writeFile(record, await format('docs/transcript.md', `${lines.join('\n')}\n`));
}
console.error(found.length === 0 ? 'ok: all as in the guide' : `FAILED: ${found.join('; ')}`);
process.exitCode = found.length === 0 ? 0 : 1;
