import type { Definition } from 'clipanion';
import { createCli } from '../../apps/cli/src/cli.ts';
import { categories, commandName, flagName } from '../../apps/cli/src/help.ts';
import type { Generator } from './generator.ts';

/** `docs/cli.md`, from what the commands say of themselves. */
export const cliReference: Generator = {
  path: 'docs/cli.md',
  generate: async () => {
    const definitions = createCli('').definitions();
    const sections = categories(definitions).map(
      ([category, commands]) => `## ${category}\n\n${commands.map(describeCommand).join('\n\n')}`,
    );
    return `<!-- Made by \`npm run generate\` from apps/cli/src/commands. Do not edit. -->

# The openevolve-aws command

${categories(definitions)
  .map(([category, commands]) => `- ${category}: ${commands.map(linkTo).join(', ')}`)
  .join('\n')}

Where jobs go: \`--local\` is this machine. Otherwise flags, the variables \`OPENEVOLVE_INPUT_BUCKET\`,
\`OPENEVOLVE_OUTPUT_BUCKET\`, \`OPENEVOLVE_JOB_QUEUE\`, \`OPENEVOLVE_JOB_DEFINITION\` and
\`AWS_DEFAULT_REGION\`, the profile that \`configure\` writes, and the parameter of the deployed
environment say it, in this order, each setting from the first that has it. When none of them says
anything, jobs run on this machine.

A job is named by its short id, its Batch job id or its name. Every command takes \`--json\`; its
errors are JSON too. [Exit codes](exit-codes.md) are a stable table.

${sections.join('\n\n')}
`;
  },
};

function describeCommand(definition: Definition): string {
  const { path, usage, description = '', details = '', examples = [], options } = definition;
  return [
    `### ${commandName(path)}`,
    description.trim(),
    `\`\`\`sh\n${usage.replace(/ \.\.\.$/, '')} [flags]\n\`\`\``,
    paragraphs(details),
    [
      '| flag | |',
      '| --- | --- |',
      ...options.map(
        ({ definition: flag, description: what = '' }) =>
          `| \`${cell(flagName(flag))}\` | ${cell(what)} |`,
      ),
    ].join('\n'),
    `\`\`\`sh\n${examples.map(([label, command]) => `# ${label.trim()}\n${command}`).join('\n')}\n\`\`\``,
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

function linkTo({ path }: Definition): string {
  const name = commandName(path);
  return `[${name}](#${name.replaceAll(' ', '-')})`;
}

/** Terminals get lines of 80 characters; Markdown wraps by itself. */
function paragraphs(text: string): string {
  return text
    .trim()
    .split(/\n{2,}/)
    .map((paragraph) => paragraph.replaceAll(/\s*\n/g, ' '))
    .join('\n\n');
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}
