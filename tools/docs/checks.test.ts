import { expect, it } from 'vitest';
import { wrongCommands } from './commands.ts';
import { brokenLinks } from './links.ts';
import { parseMarkdown } from './markdown.ts';
import { simpleCommands, typedCommands } from './shell-commands.ts';
import { untranscribed } from './transcribed.ts';

const known = {
  scripts: new Set(['test', 'bench']),
  files: new Set(['README.md', 'docs/a.md', 'docs/b.md', 'tools/bench/main.ts']),
};

const problemsOf = (source: string) => wrongCommands(parseMarkdown('docs/a.md', source), known);
const inShell = (...lines: string[]) => problemsOf(`\`\`\`sh\n${lines.join('\n')}\n\`\`\`\n`);

it.each([
  ['a file that is not there', '[x](c.md)', /c\.md.*not there/],
  ['a folder that is not there', '[x](../nowhere/)', /nowhere.*not there/],
  ['a heading of another document', '[x](b.md#gone)', /b\.md does not have/],
  ['a heading of its own', '[x](#gone)', /docs\/a\.md does not have/],
  ['an image', '![x](b.png)', /b\.png.*not there/],
  ['a reference', '[x][y]\n\n[y]: c.md', /c\.md.*not there/],
  ['what lies outside of the repository', '[x](../../other)', /other.*not there/],
])('finds a link to %s', (_, source, problem) => {
  const documents = [
    parseMarkdown('docs/a.md', `# A\n\n${source}\n`),
    parseMarkdown('docs/b.md', '# B\n'),
  ];
  const problems = brokenLinks(documents, known.files);
  expect(problems).toHaveLength(1);
  expect(problems[0]).toMatch(problem);
});

it('follows links to files, folders and headings as GitHub names them', () => {
  const source = [
    '[1](../README.md) [2](..) [3](../tools/bench) [4](b.md#the-commands-a--b_c-1) [5](#own)',
    '[6](https://example.com/nowhere) [7](mailto:nobody@example.com)',
    '```md\n[not a link](nowhere.md)\n```',
    '# Own',
  ].join('\n\n');
  const documents = [
    parseMarkdown('docs/a.md', source),
    parseMarkdown('docs/b.md', '# The *commands*: `<a>` & b_c!\n\n## The commands a  b_c\n'),
  ];
  expect(documents[1]?.anchors).toEqual(new Set(['the-commands-a--b_c', 'the-commands-a--b_c-1']));
  expect(brokenLinks(documents, known.files)).toEqual([]);
});

it.each([
  ['a command', ['openevolve-aws explode a1b2c3d4'], /no command "explode a1b2c3d4"/],
  ['a flag', ['openevolve-aws status a1b2c3d4 --folow'], /--folow/],
  ['a flag in the next line', ['openevolve-aws submit \\', '  --programm x.py'], /--programm/],
  ['a job that is not named', ['openevolve-aws logs --follow'], /needs a JOB/],
  ['a second command of a line', ['npm test && openevolve-aws list --folow'], /--folow/],
  ['a command behind a pipe', ['pass show gemini | openevolve-aws secret sett'], /secret sett/],
  ['a command behind a variable', ['A=b openevolve-aws list --folow'], /--folow/],
  ['a command in a loop', ['until openevolve-aws list --folow; do sleep 1; done'], /--folow/],
  ['a command after a here-document', ["cat > a << 'E'", 'x', 'E', 'openevolve-aws x'], /"x"/],
  ['a script', ['npm run benhc -- cli'], /no script benhc/],
  ['a program', ['node --conditions=x tools/bench/mian.ts'], /no tools\/bench\/mian\.ts/],
])('finds %s that cannot be typed', (_, lines, problem) => {
  const problems = inShell(...lines);
  expect(problems).toHaveLength(1);
  expect(problems[0]).toMatch(problem);
});

it('finds commands in sentences that cannot be typed', () => {
  expect(problemsOf('Type `openevolve-aws explode`, or `npm run benhc`.')).toHaveLength(2);
  expect(problemsOf('Type `openevolve-aws logs`, or `npm run bench`.')).toEqual([]);
});

it('takes what can be typed', () => {
  const problems = inShell(
    'npm test',
    '# openevolve-aws explode',
    'openevolve-aws image build && openevolve-aws image push   # openevolve-aws explode',
    `openevolve-aws status \${JOB_ID} 2> /dev/null | grep -q " openevolve-aws ("; sleep 1`,
    'openevolve-aws results <job id> --checkpoints all --output ./with-checkpoints',
    'openevolve-aws list [STATUS] [flags]',
    "cat > a << 'E'",
    'openevolve-aws explode',
    'E',
    'npm run bench -- cli',
    'node --conditions=x tools/bench/main.ts 1',
  );
  expect(problems).toEqual([]);
});

it('reads prompts as typed and the rest of a console as output', () => {
  const text = '$ openevolve-aws submit \\\n  --program a.py\nopenevolve-aws explode\n$ ls';
  const typed = typedCommands({ language: 'console', text });
  expect(typed).toEqual(['openevolve-aws submit \\\n  --program a.py', 'ls']);
  expect(typed.flatMap(simpleCommands)).toEqual([
    ['openevolve-aws', 'submit', '--program', 'a.py'],
    ['ls'],
  ]);
});

it('finds commands of a guide that no transcript types, whatever their ids and lines', () => {
  const guide = (command: string) => parseMarkdown('docs/guide.md', `\`\`\`sh\n${command}\n\`\`\``);
  expect(untranscribed(guide('openevolve-aws deploy\nopenevolve-aws deploy --yes'))).toEqual([
    'openevolve-aws deploy --yes',
  ]);
  expect(untranscribed(guide('openevolve-aws image \\\n  promote 70a2e4fd6c1b'))).toEqual([]);
});
