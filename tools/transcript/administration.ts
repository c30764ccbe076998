// Steps 1 to 9 and 15 of the guide by the built command, on emulators of AWS: what is typed, what is
// written, how many commands it is beside the guide's, and how long they take.
// node --conditions=@openevolve-aws/source tools/transcript/administration.ts [--write]
import { writeFile } from 'node:fs/promises';
import { cpus, loadavg } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { EmulatedAccount, guideEnvironment } from '../../apps/cli/tests/administration/account.ts';
import { administrationSteps, type Step } from './administration-steps.ts';
import { shortened } from './compare.ts';

const record = path.join(import.meta.dirname, '../../docs/transcript-administration.md');
const { values } = parseArgs({ options: { write: { type: 'boolean', default: false } } });

const lines: string[] = [];
const say = (text = '') => {
  lines.push(text);
  console.log(text);
};

const account = await EmulatedAccount.start();
try {
  const tag = (await account.git('rev-parse', 'HEAD')).slice(0, 12);
  const steps = administrationSteps(tag);
  const seconds = new Map<number, number>();
  say('<!-- Made by `tools/transcript/administration.ts --write`. Do not edit. -->');
  say();
  say('# Steps 1 to 9 and 15 of the guide, as an administrator types them here');
  say();
  say(
    'The command is the built one. CloudFormation, S3, Secrets Manager, ECR and IAM are ministack, AWS Batch is moto, and the container engine is a program that only pretends; what ministack cannot make of the stack is left out. So the times are those of the commands and not of AWS, and they were taken on a machine that was busy. Long outputs are shortened.',
  );
  for (const step of steps) {
    say(`\n## Step ${step.number}: ${step.title}`);
    seconds.set(step.number, await play(step));
    if (step.number === 5) {
      const { stdout } = await account.run(['outputs', 'ecr_repository_url']);
      await account.makeDefinitions(guideEnvironment.users, `${stdout.trim()}:0.1.0`);
    }
  }
  say('\n## Beside the guide\n');
  say(table(steps, seconds));
  say(
    `\nSeconds with ${cpus().length} processors and a load of ${loadavg()[0]?.toFixed(0)}. The time that AWS itself takes, most of the guide's minutes, is not in them.`,
  );
} finally {
  await account.stop();
}
if (values.write) {
  await writeFile(record, `${lines.join('\n')}\n`);
}

/** How many seconds the step's commands took. */
async function play(step: Step): Promise<number> {
  let milliseconds = 0;
  for (const ours of step.ours) {
    if ('said' in ours) {
      say(`\n\`\`\`console\n$ ${ours.said}\n\`\`\``);
      continue;
    }
    const { args, answer = '' } = ours;
    const typed = `openevolve-aws ${args.join(' ')}`;
    const began = performance.now();
    const { code, output } = await account.run(args, `${answer}\n`);
    milliseconds += performance.now() - began;
    if (code !== 0) {
      throw new Error(`${typed} ended with ${code}: ${output}`);
    }
    const plain = output.replaceAll(account.folder, '~');
    say(`\n\`\`\`console\n$ ${typed}\n${shortened(plain)}\`\`\``);
  }
  return milliseconds / 1000;
}

function table(steps: readonly Step[], seconds: ReadonlyMap<number, number>): string {
  const minutes = ([from, to]: readonly [number, number]) => `${from} to ${to} min`;
  const sum = (numbers: readonly number[]) => numbers.reduce((total, one) => total + one, 0);
  const rows = steps.map(({ number, title, guide, guideMinutes, ours }) => [
    `${number}. ${title}`,
    guide.length,
    guideMinutes ? minutes(guideMinutes) : '',
    ours.length,
    ours.some((one) => 'args' in one) ? (seconds.get(number) ?? 0).toFixed(1) : '',
  ]);
  const inAll = [
    'in all',
    sum(steps.map(({ guide }) => guide.length)),
    minutes([
      sum(steps.map(({ guideMinutes: [from] = [0] }) => from)),
      sum(steps.map(({ guideMinutes: [, to] = [0, 0] }) => to)),
    ]),
    sum(steps.map(({ ours }) => ours.length)),
    sum([...seconds.values()]).toFixed(1),
  ];
  const head = ['step', "the guide's commands", 'minutes it says', 'ours', 'seconds of ours'];
  return [head, head.map(() => '---'), ...rows, inAll]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n');
}
